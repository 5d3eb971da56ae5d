// Drives npm wechatpay-node-v3 for tests/e2e/test_sdks.py, in the folder where it is installed.
//   node sdk_node_v3.mjs SETTINGS.json
// Its host is built in; `createHttp` is its documented hook for another transport. Here that is its
// own one with another address. It checks no answers, only callbacks, with certificates it fetches.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gunzipSync } from "node:zlib";
import { answerLines } from "./sdk_lines.mjs";

const require = createRequire(`${process.cwd()}/`);
const WxPay = require("wechatpay-node-v3");
const { PayRequest } = require("wechatpay-node-v3/dist/lib/pay-request");
const settings = JSON.parse(readFileSync(process.argv[2], "utf-8"));
const host = "api.mch.weixin.qq.com";
const ours = (url) => url.replace(`https://${host}`, settings.base_url);

class Redirected extends PayRequest {
  post(url, body, headers) {
    return super.post(ours(url), body, { ...headers, Host: host });
  }

  get(url, headers) {
    return super.get(ours(url), { ...headers, Host: host });
  }
}

// The serial number is left out: the SDK reads it from the certificate.
const sdk = new WxPay({
  appid: settings.appid,
  mchid: settings.mchid,
  publicKey: Buffer.from(settings.certificate),
  privateKey: Buffer.from(settings.private_key),
  key: settings.api_v3_key,
});
sdk.createHttp(new Redirected());

// Names are encrypted by the SDK for the key that its own call fetched; the header then names it.
const [fetched] = await sdk.get_certificates(settings.api_v3_key);
const seal = (text) => sdk.publicEncrypt(text, fetched.publicKey);
const serial = { wx_serial_no: fetched.serial_no };
const told = { notify_url: settings.notify_url };
const said = ({ status, data, error }) => ({ status, body: data || JSON.parse(error || "{}") });

await answerLines({
  async place({ scene, ...fields }) {
    const answer = said(await sdk[`transactions_${scene}`]({ ...told, ...fields }));
    // For jsapi and app it answers what the shop's page hands on, signed.
    const signed = answer.body.paySign || answer.body.sign;
    return signed ? { ...answer, invoke: answer.body } : answer;
  },
  query: async (named) => said(await sdk.query(named)),
  refund: async (fields) => said(await sdk.refunds({ ...told, ...fields })),
  query_refund: async ({ out_refund_no: number }) => said(await sdk.find_refunds(number)),
  close: async ({ out_trade_no: number }) => said(await sdk.close(number)),
  trade_bill: async (params) => said(await sdk.tradebill(params)),
  fundflow_bill: async (params) => said(await sdk.fundflowbill(params)),
  async download_bill({ url }) {
    const { status, data } = await sdk.downloadBill(url);
    const content = Buffer.isBuffer(data) ? gunzipSync(data).toString() : data;
    return { status, body: content.replace(/^\uFEFF/, "") };
  },
  profitsharing_add_receiver: async ({ account_type: type, name, ...fields }) =>
    said(await sdk.profitsharing_receivers_add({ ...serial, type, name: seal(name), ...fields })),
  profitsharing_delete_receiver: async ({ account_type: type, ...fields }) =>
    said(await sdk.profitsharing_receivers_delete({ type, ...fields })),
  profitsharing_order: async (fields) =>
    said(await sdk.create_profitsharing_orders({ ...serial, ...fields })),
  profitsharing_order_query: async ({ transaction_id, out_order_no }) =>
    said(await sdk.query_profitsharing_orders(transaction_id, out_order_no)),
  profitsharing_return: async (fields) => said(await sdk.profitsharing_return_orders(fields)),
  profitsharing_return_query: async ({ out_return_no, out_order_no }) =>
    said(await sdk.query_profitsharing_return_orders(out_return_no, out_order_no)),
  profitsharing_amount_query: async ({ transaction_id }) =>
    said(await sdk.query_profitsharing_amounts(transaction_id)),
  profitsharing_unfreeze: async (fields) => said(await sdk.profitsharing_orders_unfreeze(fields)),
  profitsharing_bill: async ({ bill_date, tar_type }) =>
    said(await sdk.profitsharing_bills(bill_date, tar_type)),
  transfer_batch: async (fields) => said(await sdk.batches_transfer({ ...serial, ...fields })),
  transfer_query_out_batch_no: async ({ out_batch_no, need_query_detail }) =>
    said(await sdk.query_batches_transfer_list({ out_batch_no, need_query_detail })),
  transfer_query_batchid: async ({ batch_id }) =>
    said(await sdk.query_batches_transfer_list_wx({ batch_id, need_query_detail: false })),
  transfer_query_out_detail_no: async (named) =>
    said(await sdk.query_batches_transfer_detail(named)),
  transfer_query_detail_id: async (named) =>
    said(await sdk.query_batches_transfer_detail_wx(named)),
  combine_pay: async (fields) => said(await sdk.combine_transactions_native(fields)),
  combine_query: async ({ combine_out_trade_no }) =>
    said(await sdk.combine_query(combine_out_trade_no)),
  combine_close: async ({ combine_out_trade_no, sub_orders }) =>
    said(await sdk.combine_close(combine_out_trade_no, sub_orders)),
  async callback({ headers, body }) {
    const verified = await sdk.verifySign({
      timestamp: headers["Wechatpay-Timestamp"],
      nonce: headers["Wechatpay-Nonce"],
      serial: headers["Wechatpay-Serial"],
      signature: headers["Wechatpay-Signature"],
      body,
      apiSecret: settings.api_v3_key,
    });
    if (!verified) return { verified };
    const opened = JSON.parse(body);
    const { ciphertext, associated_data: data, nonce } = opened.resource;
    return { verified, opened: { ...opened, resource: sdk.decipher_gcm(ciphertext, data, nonce) } };
  },
});
