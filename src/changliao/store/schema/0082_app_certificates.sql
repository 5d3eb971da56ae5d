-- Which of the gateway's certificates an app is answered under, where it is not the newest.

CREATE TABLE app_certificates (
    app_id BIGINT NOT NULL,
    serial TEXT NOT NULL, -- empty: the newest again
    PRIMARY KEY (app_id)
);
