-- Methods and terminals are data; what is agreed for a platform is one row, read by every payment.
CREATE TABLE methods (
    method_id SMALLINT NOT NULL,
    code TEXT NOT NULL,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    connector TEXT NOT NULL, -- empty: the network's own wallet
    PRIMARY KEY (method_id)
);

CREATE TABLE terminals (
    terminal_id SMALLINT NOT NULL,
    code TEXT NOT NULL,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    PRIMARY KEY (terminal_id)
);

CREATE TABLE acceptances (
    platform_id BIGINT NOT NULL,
    policies BYTEA NOT NULL, -- JSON, in the order of approval
    version INTEGER NOT NULL,
    PRIMARY KEY (platform_id)
);

CREATE TABLE policy_drafts (
    draft_id BIGINT NOT NULL,
    platform_id BIGINT NOT NULL,
    body BYTEA NOT NULL, -- JSON
    state SMALLINT NOT NULL,
    PRIMARY KEY (draft_id)
);

ALTER TABLE payments ADD COLUMN method_id SMALLINT NOT NULL DEFAULT 1;

ALTER TABLE payments ADD COLUMN terminal_id SMALLINT NOT NULL DEFAULT 0; -- 0: before it was kept

INSERT INTO methods (method_id, code, name_zh, name_en, connector) VALUES
(1, 'changliao', '畅聊支付', 'Changliao Pay', ''),
(2, 'netbank', '网银', 'Online banking', 'bank'),
(3, 'tenpay', '财付通', 'Tenpay', 'tenpay'),
(4, 'alipay', '支付宝', 'Alipay', 'alipay');

INSERT INTO terminals (terminal_id, code, name_zh, name_en) VALUES
(1, 'app', '手机应用', 'App'),
(2, 'in_app', '应用内浏览器', 'In-app browser'),
(3, 'mobile_web', '手机网页', 'Mobile web'),
(4, 'pc', '电脑网页', 'PC'),
(5, 'counter', '线下柜台', 'Counter');
