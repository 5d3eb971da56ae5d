// Drives wechatpay-java for tests/e2e/test_sdks.py, behind `changliao sandbox proxy`.
//   java WechatpayJava SETTINGS.json public-key|certificate
// One JSON line in is one call of the SDK; one JSON line out is what the SDK made of it.
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.wechat.pay.java.core.Config;
import com.wechat.pay.java.core.RSAAutoCertificateConfig;
import com.wechat.pay.java.core.RSAPublicKeyConfig;
import com.wechat.pay.java.core.cipher.AeadAesCipher;
import com.wechat.pay.java.core.cipher.PrivacyEncryptor;
import com.wechat.pay.java.core.exception.ServiceException;
import com.wechat.pay.java.core.exception.ValidationException;
import com.wechat.pay.java.core.http.DefaultHttpClientBuilder;
import com.wechat.pay.java.core.http.HttpClient;
import com.wechat.pay.java.core.http.HttpMethod;
import com.wechat.pay.java.core.http.HttpRequest;
import com.wechat.pay.java.core.http.JsonRequestBody;
import com.wechat.pay.java.core.notification.NotificationConfig;
import com.wechat.pay.java.core.notification.NotificationParser;
import com.wechat.pay.java.core.notification.RequestParam;
import com.wechat.pay.java.core.util.GsonUtil;
import com.wechat.pay.java.service.billdownload.BillDownloadService;
import com.wechat.pay.java.service.billdownload.BillDownloadServiceExtension;
import com.wechat.pay.java.service.billdownload.DigestBillEntity;
import com.wechat.pay.java.service.billdownload.model.GetFundFlowBillRequest;
import com.wechat.pay.java.service.billdownload.model.GetSingleSubMchFundFlowBillRequest;
import com.wechat.pay.java.service.billdownload.model.GetTradeBillRequest;
import com.wechat.pay.java.service.ecommerceprofitsharing.EcommerceProfitSharingService;
import com.wechat.pay.java.service.ecommerceprofitsharing.model.FinishOrderRequest;
import com.wechat.pay.java.service.ecommercerefund.EcommerceRefundService;
import com.wechat.pay.java.service.ecommercerefund.model.CreateRefundRequest;
import com.wechat.pay.java.service.ecommercerefund.model.QueryRefundByOutRefundNoRequest;
import com.wechat.pay.java.service.file.FileUploadService;
import com.wechat.pay.java.service.payments.app.AppServiceExtension;
import com.wechat.pay.java.service.payments.h5.H5Service;
import com.wechat.pay.java.service.payments.jsapi.JsapiServiceExtension;
import com.wechat.pay.java.service.payments.model.Transaction;
import com.wechat.pay.java.service.payments.nativepay.NativePayService;
import com.wechat.pay.java.service.payments.nativepay.model.CloseOrderRequest;
import com.wechat.pay.java.service.payments.nativepay.model.QueryOrderByIdRequest;
import com.wechat.pay.java.service.payments.nativepay.model.QueryOrderByOutTradeNoRequest;
import com.wechat.pay.java.service.profitsharing.ProfitsharingService;
import com.wechat.pay.java.service.profitsharing.model.AddReceiverRequest;
import com.wechat.pay.java.service.profitsharing.model.CreateOrderRequest;
import com.wechat.pay.java.service.profitsharing.model.CreateReturnOrderRequest;
import com.wechat.pay.java.service.profitsharing.model.DeleteReceiverRequest;
import com.wechat.pay.java.service.profitsharing.model.QueryMerchantRatioRequest;
import com.wechat.pay.java.service.profitsharing.model.QueryOrderAmountRequest;
import com.wechat.pay.java.service.profitsharing.model.QueryOrderRequest;
import com.wechat.pay.java.service.profitsharing.model.QueryReturnOrderRequest;
import com.wechat.pay.java.service.profitsharing.model.SplitBillRequest;
import com.wechat.pay.java.service.profitsharing.model.UnfreezeOrderRequest;
import com.wechat.pay.java.service.refund.RefundService;
import com.wechat.pay.java.service.refund.model.CreateRequest;
import com.wechat.pay.java.service.refund.model.QueryByOutRefundNoRequest;
import com.wechat.pay.java.service.refund.model.RefundNotification;
import com.wechat.pay.java.service.transferbatch.TransferBatchService;
import com.wechat.pay.java.service.transferbatch.model.GetTransferBatchByNoRequest;
import com.wechat.pay.java.service.transferbatch.model.GetTransferBatchByOutNoRequest;
import com.wechat.pay.java.service.transferbatch.model.GetTransferDetailByNoRequest;
import com.wechat.pay.java.service.transferbatch.model.GetTransferDetailByOutNoRequest;
import com.wechat.pay.java.service.transferbatch.model.InitiateBatchTransferRequest;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.zip.GZIPInputStream;

public final class WechatpayJava {
  private static final String HOST = "https://api.mch.weixin.qq.com";
  private static final String ORDERS = HOST + "/v3/pay/transactions";
  private static final String BILLS = HOST + "/v3/fund-app/mch-transfer/transfer-bills";
  private static final String COMBINED = HOST + "/v3/combine-transactions";
  private static final String APPLY = HOST + "/v3/applyment4sub/applyment/";

  private final JsonObject settings;
  private final Config config;
  private final HttpClient http;

  private WechatpayJava(JsonObject settings, boolean publicKeyMode) {
    this.settings = settings;
    this.config = publicKeyMode ? withPublicKey() : withCertificates();
    this.http = new DefaultHttpClientBuilder().config(config).build();
  }

  public static void main(String[] arguments) throws IOException {
    JsonObject settings = parsed(Files.readString(Path.of(arguments[0])));
    WechatpayJava shop = new WechatpayJava(settings, arguments[1].equals("public-key"));
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      out.println(shop.answer(parsed(line)));
    }
    System.exit(0); // the SDK keeps a thread that looks for new certificates
  }

  private JsonObject answer(JsonObject asked) {
    String name = taken(asked, "do");
    try {
      return called(name, asked);
    } catch (ServiceException refused) {
      JsonObject answer = new JsonObject();
      answer.addProperty("status", refused.getHttpStatusCode());
      JsonObject body = new JsonObject();
      body.addProperty("code", refused.getErrorCode());
      body.addProperty("message", refused.getErrorMessage());
      answer.add("body", body);
      return answer;
    } catch (ValidationException invalid) {
      JsonObject answer = new JsonObject();
      answer.addProperty("verified", false);
      answer.addProperty("error", invalid.toString());
      return answer;
    } catch (RuntimeException | IOException error) {
      JsonObject answer = new JsonObject();
      answer.addProperty("error", error.toString());
      return answer;
    }
  }

  private Config withPublicKey() {
    return new RSAPublicKeyConfig.Builder()
        .merchantId(own("mchid"))
        .privateKey(own("private_key"))
        .merchantSerialNumber(own("certificate_serial"))
        .publicKey(own("wechatpay_public_key"))
        .publicKeyId(own("wechatpay_public_key_id"))
        .apiV3Key(own("api_v3_key"))
        .build();
  }

  private Config withCertificates() {
    return new RSAAutoCertificateConfig.Builder()
        .merchantId(own("mchid"))
        .privateKey(own("private_key"))
        .merchantSerialNumber(own("certificate_serial"))
        .apiV3Key(own("api_v3_key"))
        .build();
  }

  private JsonObject called(String name, JsonObject asked) throws IOException {
    if (name.equals("place")) return place(asked);
    if (name.equals("callback")) return callback(asked);
    if (name.equals("partner")) return partner(asked);
    if (name.startsWith("profitsharing_")) return sharing(name, asked);
    if (name.startsWith("ecommerce_")) return platform(name, asked);
    if (name.startsWith("transfer_")) return batches(name, asked);
    if (name.startsWith("combine_")) return combined(name, asked);
    if (name.contains("bill")) return bills(name, asked);
    return orders(name, asked);
  }

  private JsonObject orders(String name, JsonObject asked) throws IOException {
    NativePayService orders = new NativePayService.Builder().config(config).build();
    RefundService refunds = new RefundService.Builder().config(config).build();
    switch (name) {
      case "query":
        add(asked, "mchid");
        return asked.has("transaction_id")
            ? typed(asked, QueryOrderByIdRequest.class, orders::queryOrderById)
            : typed(asked, QueryOrderByOutTradeNoRequest.class, orders::queryOrderByOutTradeNo);
      case "close":
        add(asked, "mchid");
        return silent(asked, CloseOrderRequest.class, orders::closeOrder);
      case "refund":
        add(asked, "notify_url");
        return typed(asked, CreateRequest.class, refunds::create);
      case "query_refund":
        return typed(asked, QueryByOutRefundNoRequest.class, refunds::queryByOutRefundNo);
      case "codepay":
        add(asked, "mchid");
        add(asked, "appid");
        return untyped(HttpMethod.POST, ORDERS + "/codepay", asked);
      case "codepay_reverse":
        String path = "/out-trade-no/" + escaped(taken(asked, "out_trade_no")) + "/reverse";
        add(asked, "mchid");
        add(asked, "appid");
        return untyped(HttpMethod.POST, ORDERS + path, asked);
      case "image_upload":
        Path file = Path.of(taken(asked, "filepath"));
        String picture = file.getFileName().toString();
        String meta = "{\"filename\":\"" + picture + "\",\"sha256\":\"" + sha256(file) + "\"}";
        FileUploadService uploads = new FileUploadService.Builder().config(config).build();
        String upload = HOST + "/v3/merchant/media/upload";
        return done(200, uploads.uploadImage(upload, meta, file.toString()));
      case "applyment_submit":
        seal(asked, "contact_name", "id_card_name", "account_name", "account_number");
        return untyped(HttpMethod.POST, APPLY, asked);
      case "applyment_query":
        String number =
            asked.has("business_code")
                ? "business_code/" + taken(asked, "business_code")
                : "applyment_id/" + taken(asked, "applyment_id");
        return untyped(HttpMethod.GET, APPLY + number, null);
      default:
        JsonObject answer = new JsonObject();
        answer.addProperty("missing", true);
        return answer;
    }
  }

  private JsonObject place(JsonObject asked) {
    String scene = taken(asked, "scene");
    add(asked, "mchid");
    add(asked, "appid");
    add(asked, "notify_url");
    switch (scene) {
      case "jsapi":
        JsapiServiceExtension pages = new JsapiServiceExtension.Builder().config(config).build();
        return invoking(
            pages.prepayWithRequestPayment(
                as(asked, com.wechat.pay.java.service.payments.jsapi.model.PrepayRequest.class)));
      case "app":
        AppServiceExtension apps = new AppServiceExtension.Builder().config(config).build();
        return invoking(
            apps.prepayWithRequestPayment(
                as(asked, com.wechat.pay.java.service.payments.app.model.PrepayRequest.class)));
      case "h5":
        return typed(
            asked,
            com.wechat.pay.java.service.payments.h5.model.PrepayRequest.class,
            new H5Service.Builder().config(config).build()::prepay);
      default:
        return typed(
            asked,
            com.wechat.pay.java.service.payments.nativepay.model.PrepayRequest.class,
            new NativePayService.Builder().config(config).build()::prepay);
    }
  }

  private JsonObject partner(JsonObject asked) {
    String call = taken(asked, "call");
    asked.add("sp_mchid", settings.get("mchid"));
    asked.add("sp_appid", settings.get("appid"));
    com.wechat.pay.java.service.partnerpayments.nativepay.NativePayService orders =
        new com.wechat.pay.java.service.partnerpayments.nativepay.NativePayService.Builder()
            .config(config)
            .build();
    switch (call) {
      case "pay":
        add(asked, "notify_url");
        return typed(
            asked,
            com.wechat.pay.java.service.partnerpayments.nativepay.model.PrepayRequest.class,
            orders::prepay);
      case "query":
        return typed(
            asked,
            com.wechat.pay.java.service.partnerpayments.nativepay.model
                .QueryOrderByOutTradeNoRequest.class,
            orders::queryOrderByOutTradeNo);
      case "close":
        return silent(
            asked,
            com.wechat.pay.java.service.partnerpayments.nativepay.model.CloseOrderRequest.class,
            orders::closeOrder);
      default:
        RefundService refunds = new RefundService.Builder().config(config).build();
        return typed(asked, CreateRequest.class, refunds::create);
    }
  }

  private JsonObject sharing(String name, JsonObject asked) {
    ProfitsharingService shares = new ProfitsharingService.Builder().config(config).build();
    switch (name) {
      case "profitsharing_add_receiver":
        add(asked, "appid");
        asked.addProperty("type", taken(asked, "account_type"));
        return typed(asked, AddReceiverRequest.class, shares::addReceiver);
      case "profitsharing_delete_receiver":
        add(asked, "appid");
        asked.addProperty("type", taken(asked, "account_type"));
        return typed(asked, DeleteReceiverRequest.class, shares::deleteReceiver);
      case "profitsharing_order":
        add(asked, "appid");
        return typed(asked, CreateOrderRequest.class, shares::createOrder);
      case "profitsharing_order_query":
        return typed(asked, QueryOrderRequest.class, shares::queryOrder);
      case "profitsharing_unfreeze":
        return typed(asked, UnfreezeOrderRequest.class, shares::unfreezeOrder);
      case "profitsharing_return":
        return typed(asked, CreateReturnOrderRequest.class, shares::createReturnOrder);
      case "profitsharing_return_query":
        return typed(asked, QueryReturnOrderRequest.class, shares::queryReturnOrder);
      case "profitsharing_amount_query":
        return typed(asked, QueryOrderAmountRequest.class, shares::queryOrderAmount);
      case "profitsharing_bill":
        return typed(asked, SplitBillRequest.class, shares::splitBill);
      default:
        return typed(asked, QueryMerchantRatioRequest.class, shares::queryMerchantRatio);
    }
  }

  private JsonObject platform(String name, JsonObject asked) {
    EcommerceProfitSharingService shares =
        new EcommerceProfitSharingService.Builder().config(config).build();
    EcommerceRefundService refunds = new EcommerceRefundService.Builder().config(config).build();
    switch (name) {
      case "ecommerce_share":
        add(asked, "appid");
        return typed(
            asked,
            com.wechat.pay.java.service.ecommerceprofitsharing.model.CreateOrderRequest.class,
            shares::createOrder);
      case "ecommerce_share_query":
        return typed(
            asked,
            com.wechat.pay.java.service.ecommerceprofitsharing.model.QueryOrderRequest.class,
            shares::queryOrder);
      case "ecommerce_finish":
        return typed(asked, FinishOrderRequest.class, shares::finishOrder);
      case "ecommerce_refund":
        asked.add("sp_appid", settings.get("appid"));
        return typed(asked, CreateRefundRequest.class, refunds::createRefund);
      default:
        return typed(
            asked, QueryRefundByOutRefundNoRequest.class, refunds::queryRefundByOutRefundNo);
    }
  }

  private JsonObject batches(String name, JsonObject asked) {
    TransferBatchService batches = new TransferBatchService.Builder().config(config).build();
    switch (name) {
      case "transfer_batch":
        add(asked, "appid");
        return typed(asked, InitiateBatchTransferRequest.class, batches::initiateBatchTransfer);
      case "transfer_query_out_batch_no":
        asked.addProperty("need_query_detail", true);
        return typed(
            asked, GetTransferBatchByOutNoRequest.class, batches::getTransferBatchByOutNo);
      case "transfer_query_batchid":
        asked.addProperty("need_query_detail", false);
        return typed(asked, GetTransferBatchByNoRequest.class, batches::getTransferBatchByNo);
      case "transfer_query_out_detail_no":
        return typed(
            asked, GetTransferDetailByOutNoRequest.class, batches::getTransferDetailByOutNo);
      default:
        return typed(asked, GetTransferDetailByNoRequest.class, batches::getTransferDetailByNo);
    }
  }

  private JsonObject combined(String name, JsonObject asked) {
    if (name.equals("combine_pay")) {
      asked.add("combine_appid", settings.get("appid"));
      asked.add("combine_mchid", settings.get("mchid"));
      return untyped(HttpMethod.POST, COMBINED + "/native", asked);
    }
    String number = COMBINED + "/out-trade-no/" + escaped(taken(asked, "combine_out_trade_no"));
    if (name.equals("combine_query")) return untyped(HttpMethod.GET, number, null);
    asked.add("combine_appid", settings.get("appid"));
    return untyped(HttpMethod.POST, number + "/close", asked);
  }

  private JsonObject bills(String name, JsonObject asked) throws IOException {
    BillDownloadService bills = new BillDownloadService.Builder().config(config).build();
    switch (name) {
      case "trade_bill":
        nothingEmpty(asked);
        checked(asked);
        return typed(asked, GetTradeBillRequest.class, bills::getTradeBill);
      case "fundflow_bill":
        nothingEmpty(asked);
        return typed(asked, GetFundFlowBillRequest.class, bills::getFundFlowBill);
      case "submch_fundflow_bill":
        // The SDK opens the key that it comes under, which only itself needs.
        return typed(
            asked,
            GetSingleSubMchFundFlowBillRequest.class,
            bills::getSingleSubMchFundFlowBill);
      case "download_bill":
        return done(200, text(http.download(taken(asked, "url")).readAllBytes()));
      case "download_sealed_bill":
        byte[] key = taken(asked, "encrypt_key").getBytes(StandardCharsets.ISO_8859_1);
        byte[] nonce = taken(asked, "nonce").getBytes(StandardCharsets.UTF_8);
        byte[] sealed = http.download(taken(asked, "url")).readAllBytes();
        String plain = new AeadAesCipher(key).decrypt(new byte[0], nonce, sealed);
        return done(200, text(plain.getBytes(StandardCharsets.UTF_8)));
      default:
        return transferBills(name, asked);
    }
  }

  /** The SDK downloads a day's bill by itself and holds it against the hash that was promised. */
  private void checked(JsonObject asked) throws IOException {
    DigestBillEntity bill =
        new BillDownloadServiceExtension.Builder()
            .config(config)
            .build()
            .getTradeBill(as(asked, GetTradeBillRequest.class));
    bill.getInputStream().readAllBytes();
    if (!bill.verifyHash()) throw new IOException("the bill has another hash");
  }

  private JsonObject transferBills(String name, JsonObject asked) {
    switch (name) {
      case "mch_transfer_bills":
        add(asked, "appid");
        seal(asked, "user_name");
        return untyped(HttpMethod.POST, BILLS, asked);
      case "mch_transfer_bills_query":
        String number =
            asked.has("out_bill_no")
                ? "/out-bill-no/" + taken(asked, "out_bill_no")
                : "/transfer-bill-no/" + taken(asked, "transfer_bill_no");
        return untyped(HttpMethod.GET, BILLS + number, null);
      default:
        String path = "/out-bill-no/" + taken(asked, "out_bill_no") + "/cancel";
        return untyped(HttpMethod.POST, BILLS + path, new JsonObject());
    }
  }

  /** A notification as it came in. What the SDK has a type for is read as that type. */
  private JsonObject callback(JsonObject asked) {
    JsonObject headers = asked.getAsJsonObject("headers");
    String body = taken(asked, "body");
    RequestParam request =
        new RequestParam.Builder()
            .serialNumber(headers.get("Wechatpay-Serial").getAsString())
            .nonce(headers.get("Wechatpay-Nonce").getAsString())
            .signature(headers.get("Wechatpay-Signature").getAsString())
            .timestamp(headers.get("Wechatpay-Timestamp").getAsString())
            .body(body)
            .build();
    NotificationParser parser = new NotificationParser((NotificationConfig) config);
    JsonObject resource = parser.parse(request, JsonObject.class);
    JsonObject opened = new JsonObject();
    opened.add("event_type", parsed(body).get("event_type"));
    opened.add("resource", resource);
    if (resource.has("trade_state")) {
      opened.add("resource", tree(parser.parse(request, Transaction.class)));
    }
    if (resource.has("refund_status")) {
      opened.add("resource", tree(parser.parse(request, RefundNotification.class)));
    }
    JsonObject answer = new JsonObject();
    answer.addProperty("verified", true);
    answer.add("opened", opened);
    return answer;
  }

  private <Q> JsonObject typed(JsonObject asked, Class<Q> type, Function<Q, ?> call) {
    return done(200, call.apply(as(asked, type)));
  }

  private <Q> JsonObject silent(JsonObject asked, Class<Q> type, Consumer<Q> call) {
    call.accept(as(asked, type));
    return done(204, new JsonObject());
  }

  /** Through the SDK's signing client, for what it has no service for. */
  private JsonObject untyped(HttpMethod method, String address, JsonObject body) {
    HttpRequest.Builder request =
        new HttpRequest.Builder()
            .httpMethod(method)
            .url(address)
            .addHeader("Accept", "application/json")
            .addHeader("Wechatpay-Serial", config.createEncryptor().getWechatpaySerial());
    if (body != null) {
      request
          .addHeader("Content-Type", "application/json")
          .body(new JsonRequestBody.Builder().body(body.toString()).build());
    }
    JsonObject answer = http.execute(request.build(), JsonObject.class).getServiceResponse();
    return answer == null ? done(204, new JsonObject()) : done(200, answer);
  }

  private void seal(JsonObject fields, String... secrets) {
    PrivacyEncryptor encryptor = config.createEncryptor();
    for (String name : fields.keySet().toArray(new String[0])) {
      if (fields.get(name).isJsonObject()) seal(fields.getAsJsonObject(name), secrets);
      if (java.util.List.of(secrets).contains(name)) {
        fields.addProperty(name, encryptor.encrypt(fields.get(name).getAsString()));
      }
    }
  }

  private String own(String name) {
    return settings.get(name).getAsString();
  }

  private void add(JsonObject fields, String name) {
    if (!fields.has(name)) fields.add(name, settings.get(name));
  }

  private static JsonObject invoking(Object signed) {
    JsonObject answer = done(200, new JsonObject());
    answer.add("invoke", tree(signed));
    return answer;
  }

  private static JsonObject done(int status, Object body) {
    JsonObject answer = new JsonObject();
    answer.addProperty("status", status);
    answer.add("body", tree(body));
    return answer;
  }

  private static <T> T as(JsonObject fields, Class<T> type) {
    return GsonUtil.getGson().fromJson(fields, type);
  }

  private static com.google.gson.JsonElement tree(Object value) {
    return GsonUtil.getGson().toJsonTree(value);
  }

  private static JsonObject parsed(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }

  private static String taken(JsonObject fields, String name) {
    return fields.remove(name).getAsString();
  }

  /** An enumeration of the SDK has no empty value. */
  private static void nothingEmpty(JsonObject fields) {
    for (Map.Entry<String, ?> field : java.util.List.copyOf(fields.entrySet())) {
      if (fields.get(field.getKey()).getAsString().isEmpty()) fields.remove(field.getKey());
    }
  }

  private static String escaped(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static String sha256(Path file) throws IOException {
    try (InputStream content = Files.newInputStream(file)) {
      return com.wechat.pay.java.core.util.ShaUtil.getSha256HexString(content.readAllBytes());
    }
  }

  /** Text of a bill, which may be zipped and begins with a mark. */
  private static String text(byte[] content) throws IOException {
    InputStream stream = new ByteArrayInputStream(content);
    if (content.length > 2 && content[0] == 0x1f) stream = new GZIPInputStream(stream);
    String text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    return text.startsWith("\ufeff") ? text.substring(1) : text;
  }
}
