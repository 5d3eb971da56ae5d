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
    fee_returned
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
