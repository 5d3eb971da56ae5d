-- name: party_numbers_find
-- input: party_id bigint
SELECT
    party_numbers.party_id,
    party_numbers.number
FROM input
INNER JOIN party_numbers ON party_numbers.party_id = input.party_id;

-- name: party_numbers_insert
-- input: party_id bigint, number bigint
INSERT INTO party_numbers (party_id, number)
SELECT party_id, number
FROM input;

-- name: numbered_parties_find
-- input: number bigint
SELECT
    numbered_parties.number,
    numbered_parties.party_id
FROM input
INNER JOIN numbered_parties ON numbered_parties.number = input.number;

-- name: numbered_parties_insert
-- input: number bigint, party_id bigint
INSERT INTO numbered_parties (number, party_id)
SELECT number, party_id
FROM input;
