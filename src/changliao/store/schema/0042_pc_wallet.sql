-- A wallet of the Tenpay kind for sandboxes: on PC pages (terminal 4) only, and only when named.
INSERT INTO channels (
    channel_id, code, name_zh, name_en, kind, state, weight, cost_bps, terminals, misses
) VALUES
(32, 'tenpay', '财付通（沙箱）', 'Tenpay (sandbox)', 'sandbox_bank', 1, 0, 0, 16, 0);
