-- name: top_ups_find
-- input: top_up_id bigint, user_id bigint
SELECT
    top_ups.top_up_id,
    top_ups.user_id,
    top_ups.amount,
    top_ups.currency,
    top_ups.channel
FROM input
INNER JOIN top_ups ON top_ups.top_up_id = input.top_up_id AND top_ups.user_id = input.user_id;

-- name: top_ups_insert
-- input: top_up_id bigint, user_id bigint, amount bigint, currency integer, channel bigint
INSERT INTO top_ups (top_up_id, user_id, amount, currency, channel)
SELECT top_up_id, user_id, amount, currency, channel
FROM input;

-- name: wallet_transfers_find
-- input: transfer_id bigint, payer_id bigint
SELECT
    wallet_transfers.transfer_id,
    wallet_transfers.payer_id,
    wallet_transfers.payee_id,
    wallet_transfers.amount,
    wallet_transfers.currency,
    wallet_transfers.note
FROM input
INNER JOIN wallet_transfers
    ON
        wallet_transfers.transfer_id = input.transfer_id
        AND wallet_transfers.payer_id = input.payer_id;

-- name: wallet_transfers_insert
-- input: transfer_id bigint, payer_id bigint, payee_id bigint, amount bigint, currency integer, note text
INSERT INTO wallet_transfers (transfer_id, payer_id, payee_id, amount, currency, note)
SELECT transfer_id, payer_id, payee_id, amount, currency, note
FROM input;

-- name: wallet_transfer_between
-- The first transfer of one to the other, if there ever was one.
SELECT transfer_id
FROM wallet_transfers
WHERE payer_id = :payer_id AND payee_id = :payee_id
ORDER BY transfer_id
LIMIT 1;
