-- name: audit_baskets
SELECT
    basket_id,
    amount,
    members
FROM baskets
ORDER BY basket_id;

-- name: audit_legs
-- In the order in which they were made; `after` is the last leg of the page before.
SELECT
    leg_id,
    owner_id,
    book,
    amount,
    pending,
    other_owner_id,
    other_book,
    code,
    cause_id,
    previous_leg
FROM legs
WHERE leg_id > :after
ORDER BY leg_id
LIMIT :most;

-- name: audit_journal
SELECT
    node,
    number,
    first_leg,
    last_leg,
    transfers,
    hash
FROM journal
WHERE node = :node AND number > :after
ORDER BY number
LIMIT :most;

-- name: audit_nodes
SELECT DISTINCT node
FROM journal
ORDER BY node;

-- name: audit_accounts
SELECT
    owner_id,
    book,
    debits_posted,
    credits_posted,
    debits_pending,
    credits_pending,
    floor,
    last_leg
FROM accounts
WHERE owner_id > :owner_id OR (owner_id = :owner_id AND book > :book)
ORDER BY owner_id, book
LIMIT :most;

-- name: audit_orders
-- Orders that say they were paid beside what the ledger moved for their payment.
SELECT
    merchant_id,
    order_id,
    state,
    payment_id,
    amount,
    fee,
    refunded,
    fee_returned,
    fee_bps
FROM orders
WHERE merchant_id > :merchant_id OR (merchant_id = :merchant_id AND order_id > :order_id)
ORDER BY merchant_id, order_id
LIMIT :most;

-- name: audit_refunds
SELECT
    merchant_id,
    refund_id,
    order_id,
    amount,
    state
FROM refunds
WHERE merchant_id > :merchant_id OR (merchant_id = :merchant_id AND refund_id > :refund_id)
ORDER BY merchant_id, refund_id
LIMIT :most;

-- name: audit_pending
SELECT
    pending_id,
    debit_owner_id,
    amount,
    posted,
    state
FROM pending_transfers
ORDER BY pending_id;

-- name: audit_holdings
-- Held money beside its order.
SELECT
    orders.merchant_id,
    orders.order_id,
    orders.hold,
    orders.currency,
    orders.amount,
    orders.fee,
    holdings.amount AS held_at_payment,
    holdings.held,
    holdings.shared,
    holdings.released,
    holdings.refunded,
    holdings.state
FROM orders
LEFT JOIN holdings
    ON orders.order_id = holdings.order_id AND orders.merchant_id = holdings.merchant_id
WHERE orders.hold > 0 AND orders.state = 2
ORDER BY orders.merchant_id, orders.order_id;

-- name: audit_holdings_count
SELECT COUNT(*)
FROM holdings;

-- name: audit_shares
SELECT
    shares.merchant_id,
    shares.share_id,
    shares.order_id,
    shares.released
FROM shares
ORDER BY shares.merchant_id, shares.share_id;

-- name: audit_share_parts
SELECT
    share_id,
    kind,
    party_id,
    amount,
    returned
FROM share_parts
ORDER BY share_id, place;

-- name: audit_share_returns
SELECT
    return_id,
    share_id,
    receiver_id,
    amount
FROM share_returns
ORDER BY return_id;

-- name: audit_payouts
SELECT
    merchant_id,
    payout_id,
    batch_id,
    amount,
    confirm_by_us,
    state
FROM payouts
WHERE merchant_id > :merchant_id OR (merchant_id = :merchant_id AND payout_id > :payout_id)
ORDER BY merchant_id, payout_id
LIMIT :most;

-- name: audit_payout_batches
SELECT
    merchant_id,
    batch_id,
    payouts,
    amount,
    paid_payouts,
    paid_amount
FROM payout_batches
ORDER BY merchant_id, batch_id;

-- name: audit_authorizations
SELECT
    merchant_id,
    authorization_id,
    payer_id,
    currency,
    amount,
    state,
    captured,
    released,
    frozen_at_us
FROM authorizations
WHERE
    merchant_id > :merchant_id
    OR (merchant_id = :merchant_id AND authorization_id > :authorization_id)
ORDER BY merchant_id, authorization_id
LIMIT :most;

-- name: audit_authorization_steps
SELECT
    authorization_id,
    step_id,
    kind,
    amount,
    payment_id
FROM authorization_steps
ORDER BY merchant_id, authorization_id, step_id;

-- name: audit_payments_of_platform
SELECT
    payments.payment_id,
    payments.order_id,
    payments.method_id,
    payments.terminal_id,
    orders.paid_at_us
FROM payments
INNER JOIN orders
    ON payments.order_id = orders.order_id AND payments.merchant_id = orders.merchant_id
LEFT JOIN authorization_steps
    ON
        payments.payment_id = authorization_steps.payment_id
        AND payments.merchant_id = authorization_steps.merchant_id
WHERE
    (orders.merchant_id = :platform_id OR orders.partner_id = :platform_id)
    AND payments.reason = ''
    AND payments.terminal_id > 0
    AND orders.basket_id = 0
    AND payments.payment_id > :after
    AND authorization_steps.step_id IS NULL
ORDER BY payments.payment_id
LIMIT :most;
