// Drives npm alipay-sdk for tests/e2e/test_alipay_sdks.py, in the folder where it is installed.
//   node sdk_alipay_node.mjs SETTINGS.json public-key|certificate exec|curl
// exec speaks to the gateway and checks every answer; curl speaks the REST form.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { answerLines } from "./sdk_lines.mjs";

const require = createRequire(`${process.cwd()}/`);
const { AlipaySdk } = require("alipay-sdk");
const [file, mode, variant] = process.argv.slice(2);
const settings = JSON.parse(readFileSync(file, "utf-8"));

const keys =
  mode === "certificate"
    ? {
        appCertContent: settings.app_certificate,
        alipayPublicCertContent: settings.alipay_certificate,
        alipayRootCertContent: settings.alipay_root_certificate,
      }
    : { alipayPublicKey: settings.alipay_public_key };
const sdk = new AlipaySdk({
  appId: settings.app_id,
  privateKey: settings.app_private_key_pkcs1,
  gateway: settings.gateway,
  endpoint: settings.gateway.replace("/gateway.do", ""),
  camelcase: false,
  ...keys,
});

async function exec({ method, content, notify_url: notifyUrl }) {
  const given = notifyUrl ? { bizContent: content, notifyUrl } : { bizContent: content };
  const node = await sdk.exec(method, given, { validateSign: true });
  return node.code === "10000" ? { node } : { refused: node.sub_code };
}

// What the REST form asks for with GET.
const READ = new Set([
  "alipay.data.dataservice.bill.downloadurl.query",
  "alipay.fund.account.query",
  "alipay.fund.trans.common.query",
  "alipay.trade.order.onsettle.query",
  "alipay.trade.order.settle.query",
  "alipay.trade.royalty.rate.query",
]);

async function curl({ method, content, notify_url: notifyUrl }) {
  const body = notifyUrl ? { ...content, notify_url: notifyUrl } : content;
  const path = `/v3/${method.replaceAll(".", "/")}`;
  const reads = READ.has(method);
  try {
    const { data } = reads
      ? await sdk.curl("GET", path, { query: content })
      : await sdk.curl("POST", path, { body });
    return { node: data };
  } catch (error) {
    return error.code && error.responseHttpStatus >= 400
      ? { refused: error.code }
      : { error: `${error}` };
  }
}

await answerLines({
  call: variant === "curl" ? curl : exec,
  async page({ method, content, ...given }) {
    const notes = { bizContent: content, returnUrl: given.return_url };
    return { url: sdk.pageExecute(method, "GET", notes) };
  },
  async app({ method, content }) {
    return { order: sdk.sdkExecute(method, { bizContent: content }) };
  },
  async told({ body }) {
    const fields = Object.fromEntries(new URLSearchParams(body));
    return { verified: sdk.checkNotifySignV2(fields), fields };
  },
});
