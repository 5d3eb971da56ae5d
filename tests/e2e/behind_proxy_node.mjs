// A shop as its author wrote it, with an npm SDK: no word of another host is in it.
//   node behind_proxy_node.mjs SETTINGS.json NUMBER wechatpay-node-v3|wechatpay-axios-plugin
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/`);
const [, , file, number, name] = process.argv;
const settings = JSON.parse(readFileSync(file, "utf-8"));
const order = {
  description: "Shoes",
  out_trade_no: number,
  amount: { total: 800 },
  notify_url: "http://127.0.0.1:9/notify",
};

async function withNodeV3() {
  const WxPay = require("wechatpay-node-v3");
  const sdk = new WxPay({
    appid: settings.appid,
    mchid: settings.mchid,
    publicKey: Buffer.from(settings.certificate),
    privateKey: Buffer.from(settings.private_key),
    key: settings.api_v3_key,
  });
  const placed = await sdk.transactions_native(order);
  const found = await sdk.query({ out_trade_no: number });
  return { ...placed.data, state: found.data?.trade_state };
}

async function withAxiosPlugin() {
  const { Wechatpay } = require("wechatpay-axios-plugin");
  const sdk = new Wechatpay({
    mchid: settings.mchid,
    serial: settings.certificate_serial,
    privateKey: settings.private_key,
    certs: { [settings.wechatpay_public_key_id]: settings.wechatpay_public_key },
    headers: { "Wechatpay-Serial": settings.wechatpay_public_key_id },
  });
  const own = { mchid: settings.mchid };
  const placed = await sdk.v3.pay.transactions.native.post({
    ...order, ...own, appid: settings.appid,
  });
  const found = await sdk.v3.pay.transactions.outTradeNo.$number$.get({ params: own, number });
  return { ...placed.data, state: found.data.trade_state };
}

const play = name === "wechatpay-node-v3" ? withNodeV3 : withAxiosPlugin;
console.log(JSON.stringify(await play()));
