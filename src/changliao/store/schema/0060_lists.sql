-- The newest refunds, payouts and budgets of everybody, and the payouts that wait.
CREATE INDEX refunds_latest ON refunds (refund_id);
CREATE INDEX payouts_latest ON payouts (payout_id);
CREATE INDEX payouts_waiting ON payouts (payout_id) WHERE state = 1;
CREATE INDEX budgets_latest ON budgets (budget_id);
