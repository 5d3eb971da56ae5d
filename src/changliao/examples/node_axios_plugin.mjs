// A shop with the npm package wechatpay-axios-plugin: an order, its payment, a partial refund.
// Run it with a file of settings as `changliao sandbox merchant NAME --json` prints them. It speaks
// in JSON lines: first the code to scan, then what its callback heard, verified and decrypted.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";

// The package is looked for where the shop keeps its own: the folder it is started in.
const require = createRequire(`${process.cwd()}/`);
const { Wechatpay, Aes, Rsa, Formatter } = require("wechatpay-axios-plugin");
const settings = JSON.parse(readFileSync(process.argv[2], "utf-8"));
const tell = (fields) => console.log(JSON.stringify(fields));

const sdk = new Wechatpay({
  mchid: settings.mchid,
  serial: settings.certificate_serial,
  privateKey: Buffer.from(settings.private_key),
  certs: {
    [settings.wechatpay_certificate_serial]: settings.wechatpay_certificate,
    [settings.wechatpay_public_key_id]: settings.wechatpay_public_key,
  },
  baseURL: settings.base_url,
});

const waiting = [];
const heard = [];
const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    response.writeHead(204).end();
    const note = { headers: request.headers, body: Buffer.concat(chunks).toString("utf-8") };
    (waiting.shift() ?? ((one) => heard.push(one)))(note);
  });
});
const next = () => new Promise((resolve) => (heard.length ? resolve(heard.shift()) : waiting.push(resolve)));

function verified({ headers, body }) {
  const message = Formatter.response(headers["wechatpay-timestamp"], headers["wechatpay-nonce"], body);
  const key = headers["wechatpay-serial"] === settings.wechatpay_public_key_id
    ? settings.wechatpay_public_key
    : settings.wechatpay_certificate;
  return Rsa.verify(message, headers["wechatpay-signature"], key);
}

function opened({ body }) {
  const { ciphertext, nonce, associated_data: data } = JSON.parse(body).resource;
  return JSON.parse(Aes.AesGcm.decrypt(ciphertext, settings.api_v3_key, nonce, data));
}

server.listen(0, "127.0.0.1", async () => {
  const notifyUrl = `http://127.0.0.1:${server.address().port}/notify`;
  const number = `MT${Date.now()}`;
  const ordered = await sdk.v3.pay.transactions.native.post({
    mchid: settings.mchid,
    appid: settings.appid,
    description: "双人火锅套餐",
    out_trade_no: number,
    notify_url: notifyUrl,
    amount: { total: 19900 },
  });
  tell({ step: "ordered", out_trade_no: number, ...ordered.data });
  const paid = await next();
  tell({ step: "notified", verified: verified(paid), event: JSON.parse(paid.body).event_type, state: opened(paid).trade_state });
  const queried = await sdk.v3.pay.transactions.outTradeNo._out_trade_no_.get({
    out_trade_no: number,
    params: { mchid: settings.mchid },
  });
  tell({ step: "queried", ...queried.data });
  const refunded = await sdk.v3.refund.domestic.refunds.post({
    out_trade_no: number,
    out_refund_no: `${number}R1`,
    notify_url: notifyUrl,
    amount: { refund: 9900, total: 19900, currency: "CNY" },
  });
  tell({ step: "refunded", http: refunded.status, ...refunded.data });
  const told = await next();
  tell({ step: "notified", verified: verified(told), event: JSON.parse(told.body).event_type, state: opened(told).refund_status });
  server.close();
  process.exit(0);
});
