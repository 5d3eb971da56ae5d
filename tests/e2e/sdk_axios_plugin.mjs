// Drives npm wechatpay-axios-plugin for tests/e2e/test_sdks.py, in the folder where it is installed.
//   node sdk_axios_plugin.mjs SETTINGS.json public-key|certificate
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename } from "node:path";
import { gunzipSync } from "node:zlib";
import { answerLines } from "./sdk_lines.mjs";

const require = createRequire(`${process.cwd()}/`);
const { Wechatpay, Multipart, Aes, Rsa, Formatter } = require("wechatpay-axios-plugin");
const settings = JSON.parse(readFileSync(process.argv[2], "utf-8"));
const publicKeyMode = process.argv[3] === "public-key";
const shop = {
  mchid: settings.mchid,
  serial: settings.certificate_serial,
  privateKey: settings.private_key,
  baseURL: settings.base_url,
};

// As the package's own command `wxpay crt` does: the answer is verified with what it brought.
async function downloaded() {
  const certs = { any: undefined };
  const sdk = new Wechatpay({ ...shop, certs });
  const keep = (answer) => {
    for (const { serial_no: serial, encrypt_certificate: sealed } of JSON.parse(answer).data) {
      const { ciphertext, nonce, associated_data: data } = sealed;
      certs[serial] = Aes.AesGcm.decrypt(ciphertext, settings.api_v3_key, nonce, data);
    }
    return answer;
  };
  await sdk.v3.certificates.get({ transformResponse: [keep] });
  delete certs.any;
  return certs;
}

const certs = publicKeyMode
  ? { [settings.wechatpay_public_key_id]: settings.wechatpay_public_key }
  : await downloaded();
const headers = publicKeyMode ? { "Wechatpay-Serial": settings.wechatpay_public_key_id } : {};
const sdk = new Wechatpay({ ...shop, certs, headers });
const own = { mchid: settings.mchid };
const told = { notify_url: settings.notify_url };
const transactions = sdk.v3.pay.transactions;

// An answer, or a refusal with its status; whatever the SDK itself refuses is thrown.
async function called(sending) {
  const { status, data } = await sending.catch((error) => {
    if (!error.response || error.response.status < 400) throw error;
    return error.response;
  });
  return { status, body: data || {} };
}

function invocation(scene, prepayId) {
  const appId = settings.appid;
  const timeStamp = `${Formatter.timestamp()}`;
  const nonceStr = Formatter.nonce();
  const signed = (last) =>
    Rsa.sign(Formatter.joinedByLineFeed(appId, timeStamp, nonceStr, last), settings.private_key);
  if (scene === "app") {
    return {
      appid: appId, timestamp: timeStamp, noncestr: nonceStr, package: "Sign=WXPay",
      prepayid: prepayId, sign: signed(prepayId),
    };
  }
  const pack = `prepay_id=${prepayId}`;
  return { appId, timeStamp, nonceStr, package: pack, signType: "RSA", paySign: signed(pack) };
}

// Sensitive fields are encrypted for the key that the header names; by default the newest known.
const [ourSerial, ourKey] = Object.entries(certs)[0];
const seal = (text) => Rsa.encrypt(text, ourKey);
const sealing = { headers: { "Wechatpay-Serial": ourSerial } };
const sharing = sdk.v3.profitsharing;
const bills = sdk.v3.fundApp.mchTransfer.transferBills;
const receipts = sdk.v3.fundApp.mchTransfer.elecsign;
const batches = sdk.v3.transfer.batches;
const complaint = sdk.v3.merchantService.complaintsV2._complaint_id_;
const complained = { complainted_mchid: settings.mchid };
const platform = sdk.v3.ecommerce;
const combined = sdk.v3.combineTransactions;
const combinedOrder = combined.outTradeNo._combine_out_trade_no_;

await answerLines({
  async place({ scene, ...fields }) {
    const body = { ...own, ...told, appid: settings.appid, ...fields };
    const answer = await called(transactions[scene].post(body));
    const prepayId = answer.body.prepay_id;
    return prepayId ? { ...answer, invoke: invocation(scene, prepayId) } : answer;
  },
  query: (named) =>
    called(
      named.transaction_id
        ? transactions.id._transaction_id_.get({ ...named, params: own })
        : transactions.outTradeNo._out_trade_no_.get({ ...named, params: own }),
    ),
  refund: (fields) => called(sdk.v3.refund.domestic.refunds.post({ ...told, ...fields })),
  query_refund: (named) => called(sdk.v3.refund.domestic.refunds._out_refund_no_.get(named)),
  close: (named) => called(transactions.outTradeNo._out_trade_no_.close.post(own, named)),
  codepay: (fields) =>
    called(transactions.codepay.post({ ...own, appid: settings.appid, ...fields })),
  codepay_reverse: (named) =>
    called(
      transactions.outTradeNo._out_trade_no_.reverse.post(
        { ...own, appid: settings.appid },
        named,
      ),
    ),
  trade_bill: (params) => called(sdk.v3.bill.tradebill.get({ params })),
  fundflow_bill: (params) => called(sdk.v3.bill.fundflowbill.get({ params })),
  async download_bill({ url }) {
    const params = Object.fromEntries(new URL(url).searchParams);
    const options = { params, responseType: "arraybuffer", transformResponse: [] };
    const { status, data } = await sdk.v3.billdownload.file.get(options);
    const content = data[0] === 0x1f ? gunzipSync(data) : data;
    const { rows, summary } = Formatter.castCsvBill(content);
    return { status, body: content.subarray(3).toString(), rows, summary };
  },
  submch_fundflow_bill: (params) =>
    called(sdk.v3.bill.subMerchantFundflowbill.get({ params })),
  async download_sealed_bill({ url, encrypt_key: sealedKey, nonce }) {
    const params = Object.fromEntries(new URL(url).searchParams);
    const options = { params, responseType: "arraybuffer", transformResponse: [] };
    const { status, data } = await sdk.v3.billdownload.file.get(options);
    const key = Rsa.decrypt(sealedKey, settings.private_key);
    const text = Aes.AesGcm.decrypt(data.toString("base64"), key, nonce);
    return { status, body: text.replace(/^\uFEFF/, "") };
  },
  async partner({ call, sub_mchid, amount, ...fields }) {
    const provider = { sp_mchid: settings.mchid, sub_mchid };
    const orders = sdk.v3.pay.partner.transactions;
    if (call === "pay") {
      const body = { ...provider, ...told, sp_appid: settings.appid, amount, ...fields };
      return called(orders.native.post(body));
    }
    if (call === "query") {
      return called(orders.outTradeNo._out_trade_no_.get({ ...fields, params: provider }));
    }
    if (call === "close") {
      return called(orders.outTradeNo._out_trade_no_.close.post(provider, fields));
    }
    return called(sdk.v3.refund.domestic.refunds.post({ sub_mchid, amount, ...fields }));
  },
  profitsharing_add_receiver({ account_type: type, name, ...fields }) {
    const body = { appid: settings.appid, type, name: seal(name), ...fields };
    return called(sharing.receivers.add.post(body, sealing));
  },
  profitsharing_delete_receiver: ({ account_type: type, ...fields }) =>
    // In its chain `delete` is the method of HTTP, so the path is written out.
    called(
      sdk["v3/profitsharing/receivers/delete"].post({ appid: settings.appid, type, ...fields }),
    ),
  profitsharing_order: (fields) =>
    called(sharing.orders.post({ appid: settings.appid, ...fields })),
  profitsharing_order_query: ({ transaction_id, out_order_no }) =>
    called(sharing.orders._out_order_no_.get({ out_order_no, params: { transaction_id } })),
  profitsharing_return: (fields) => called(sharing.returnOrders.post(fields)),
  profitsharing_return_query: ({ out_return_no, out_order_no }) =>
    called(sharing.returnOrders._out_return_no_.get({ out_return_no, params: { out_order_no } })),
  profitsharing_amount_query: (named) =>
    called(sharing.transactions._transaction_id_.amounts.get(named)),
  profitsharing_unfreeze: (fields) => called(sharing.orders.unfreeze.post(fields)),
  profitsharing_bill: (params) => called(sharing.bills.get({ params })),
  profitsharing_config_query: (named) => called(sharing.merchantConfigs._sub_mchid_.get(named)),
  complaint_list_query: (params) => called(sdk.v3.merchantService.complaintsV2.get({ params })),
  complaint_detail_query: (named) => called(complaint.get(named)),
  complaint_history_query: (named) => called(complaint.negotiationHistorys.get(named)),
  complaint_response: ({ complaint_id, response_content }) =>
    called(complaint.response.post({ ...complained, response_content }, { complaint_id })),
  complaint_complete: (named) => called(complaint.complete.post(complained, named)),
  ecommerce_share: (fields) =>
    called(platform.profitsharing.orders.post({ appid: settings.appid, ...fields })),
  ecommerce_share_query: (params) => called(platform.profitsharing.orders.get({ params })),
  ecommerce_finish: (fields) => called(platform.profitsharing.finishOrder.post(fields)),
  ecommerce_refund: (fields) =>
    // In its chain `apply` is the method of functions, so the path is written out.
    called(sdk["v3/ecommerce/refunds/apply"].post({ sp_appid: settings.appid, ...fields })),
  ecommerce_refund_query: ({ out_refund_no, ...params }) =>
    called(platform.refunds.outRefundNo._out_refund_no_.get({ out_refund_no, params })),
  fund_balance: (named) => called(sdk.v3.merchant.fund.balance._account_type_.get(named)),
  async image_upload({ filepath }) {
    const content = readFileSync(filepath);
    const sha256 = createHash("sha256").update(content).digest("hex");
    const meta = { filename: basename(filepath), sha256 };
    const form = new Multipart();
    form.append("meta", JSON.stringify(meta), "meta.json");
    form.append("file", content, meta.filename);
    const options = { meta, headers: form.getHeaders() };
    return called(sdk.v3.merchant.media.upload.post(form.getBuffer(), options));
  },
  applyment_submit(fields) {
    const secrets = ["contact_name", "id_card_name", "account_name", "account_number"];
    const sealed = JSON.stringify(fields, (name, value) =>
      secrets.includes(name) ? seal(value) : value,
    );
    const path = sdk["v3/applyment4sub/applyment/"];
    return called(path.post(JSON.parse(sealed), sealing));
  },
  applyment_query: (named) =>
    called(
      named.business_code
        ? sdk["v3/applyment4sub/applyment/business_code/{business_code}"].get(named)
        : sdk["v3/applyment4sub/applyment/applyment_id/{applyment_id}"].get(named),
    ),
  mch_transfer_bills({ user_name: name, ...fields }) {
    const named = name ? { user_name: seal(name) } : {};
    return called(bills.post({ appid: settings.appid, ...named, ...fields }, sealing));
  },
  mch_transfer_bills_query: (named) =>
    called(
      named.out_bill_no
        ? bills.outBillNo._out_bill_no_.get(named)
        : bills.transferBillNo._transfer_bill_no_.get(named),
    ),
  mch_transfer_bills_cancel: (named) =>
    called(bills.outBillNo._out_bill_no_.cancel.post({}, named)),
  mch_transfer_elecsign: (named) =>
    called((named.out_bill_no ? receipts.outBillNo : receipts.transferBillNo).post(named)),
  mch_transfer_elecsign_query: (named) =>
    called(
      named.out_bill_no
        ? receipts.outBillNo._out_bill_no_.get(named)
        : receipts.transferBillNo._transfer_bill_no_.get(named),
    ),
  transfer_batch: (fields) =>
    called(batches.post({ appid: settings.appid, ...fields })),
  transfer_query_out_batch_no: ({ out_batch_no }) =>
    called(
      batches.outBatchNo._out_batch_no_.get({ out_batch_no, params: { need_query_detail: true } }),
    ),
  transfer_query_batchid: ({ batch_id }) =>
    called(batches.batchId._batch_id_.get({ batch_id, params: { need_query_detail: false } })),
  transfer_query_out_detail_no: (named) =>
    called(batches.outBatchNo._out_batch_no_.details.outDetailNo._out_detail_no_.get(named)),
  transfer_query_detail_id: (named) =>
    called(batches.batchId._batch_id_.details.detailId._detail_id_.get(named)),
  batch_receipt: (named) => called(sdk.v3.transfer.billReceipt.post(named)),
  batch_receipt_query: (named) => called(sdk.v3.transfer.billReceipt._out_batch_no_.get(named)),
  detail_receipt: (named) => called(sdk.v3.transferDetail.electronicReceipts.post(named)),
  detail_receipt_query: (params) =>
    called(sdk.v3.transferDetail.electronicReceipts.get({ params })),
  combine_pay(fields) {
    const own = { combine_appid: settings.appid, combine_mchid: settings.mchid };
    return called(combined.native.post({ ...own, ...fields }));
  },
  combine_query: (named) => called(combinedOrder.get(named)),
  combine_close: ({ combine_out_trade_no, sub_orders }) =>
    called(
      combinedOrder.close.post(
        { combine_appid: settings.appid, sub_orders },
        { combine_out_trade_no },
      ),
    ),
  async callback({ headers: given, body }) {
    const serial = given["Wechatpay-Serial"];
    const [timestamp, nonce] = [given["Wechatpay-Timestamp"], given["Wechatpay-Nonce"]];
    const text = Formatter.response(timestamp, nonce, body);
    if (!Rsa.verify(text, given["Wechatpay-Signature"], certs[serial])) return { verified: false };
    const opened = JSON.parse(body);
    const { ciphertext, nonce: iv, associated_data: data } = opened.resource;
    const plain = Aes.AesGcm.decrypt(ciphertext, settings.api_v3_key, iv, data);
    return { verified: true, opened: { ...opened, resource: JSON.parse(plain) } };
  },
});
