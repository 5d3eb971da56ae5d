// Drives alipay-sdk-java for tests/e2e/test_alipay_sdks.py.
//   java AlipaySdkJava SETTINGS.json public-key|certificate [AES]
// One JSON line in is one call of the SDK; one JSON line out is what the SDK made of it.
import com.alibaba.fastjson.JSON;
import com.alibaba.fastjson.JSONObject;
import com.alipay.api.AlipayApiException;
import com.alipay.api.AlipayClient;
import com.alipay.api.AlipayConfig;
import com.alipay.api.AlipayRequest;
import com.alipay.api.AlipayResponse;
import com.alipay.api.DefaultAlipayClient;
import com.alipay.api.internal.util.AlipaySignature;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

public final class AlipaySdkJava {
  private final JSONObject settings;
  private final boolean certificates;
  private final boolean sealed;
  private final AlipayClient client;

  private AlipaySdkJava(JSONObject settings, List<String> ways) throws AlipayApiException {
    this.settings = settings;
    this.certificates = ways.contains("certificate");
    this.sealed = ways.contains("AES");
    this.client = new DefaultAlipayClient(config());
  }

  public static void main(String[] arguments) throws IOException, AlipayApiException {
    JSONObject settings = JSON.parseObject(Files.readString(Path.of(arguments[0])));
    AlipaySdkJava shop = new AlipaySdkJava(settings, List.of(arguments));
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      out.println(JSON.toJSONString(shop.answer(JSON.parseObject(line))));
    }
    System.exit(0); // the SDK's pool keeps connections for a while
  }

  private AlipayConfig config() throws AlipayApiException {
    AlipayConfig config = new AlipayConfig();
    config.setServerUrl(settings.getString("gateway"));
    config.setAppId(settings.getString("app_id"));
    String lines = settings.getString("app_private_key").strip();
    config.setPrivateKey(lines.replaceAll("-----[A-Z ]+-----|\\s", ""));
    config.setSignType("RSA2");
    if (certificates) {
      config.setAppCertContent(settings.getString("app_certificate"));
      config.setAlipayPublicCertContent(settings.getString("alipay_certificate"));
      config.setRootCertContent(settings.getString("alipay_root_certificate"));
    } else {
      config.setAlipayPublicKey(settings.getString("alipay_public_key"));
    }
    if (sealed) {
      config.setEncryptType("AES");
      config.setEncryptKey(settings.getString("content_key"));
    }
    return config;
  }

  private Map<String, Object> answer(JSONObject asked) {
    try {
      switch (asked.getString("do")) {
        case "call":
          return called(asked);
        case "page":
          return Map.of("url", client.pageExecute(request(asked), "GET").getBody());
        case "app":
          return Map.of("order", client.sdkExecute(request(asked)).getBody());
        default:
          return told(asked.getString("body"));
      }
    } catch (AlipayApiException
        | IOException
        | ReflectiveOperationException
        | RuntimeException error) {
      return Map.of("error", error.toString());
    }
  }

  private Map<String, Object> called(JSONObject asked)
      throws AlipayApiException, ReflectiveOperationException {
    AlipayRequest<?> request = request(asked);
    AlipayResponse response =
        certificates ? client.certificateExecute(request) : client.execute(request);
    if (!response.isSuccess()) return Map.of("refused", response.getSubCode());
    String node = asked.getString("method").replace('.', '_') + "_response";
    return Map.of("node", JSON.parseObject(response.getBody()).getJSONObject(node));
  }

  /** The SDK has a class for each method. */
  private AlipayRequest<?> request(JSONObject asked) throws ReflectiveOperationException {
    StringBuilder name = new StringBuilder("com.alipay.api.request.");
    for (String word : asked.getString("method").split("\\.")) {
      name.append(Character.toUpperCase(word.charAt(0))).append(word.substring(1));
    }
    Class<?> type = Class.forName(name.append("Request").toString());
    AlipayRequest<?> request = (AlipayRequest<?>) type.getConstructor().newInstance();
    String content = JSON.toJSONString(asked.getJSONObject("content"));
    type.getMethod("setBizContent", String.class).invoke(request, content);
    request.setNotifyUrl(asked.getString("notify_url"));
    request.setReturnUrl(asked.getString("return_url"));
    request.setNeedEncrypt(sealed);
    return request;
  }

  /** A notification as it came in. */
  private Map<String, Object> told(String body) throws AlipayApiException, IOException {
    Map<String, String> fields = new HashMap<>();
    for (String pair : body.split("&")) {
      String[] parts = pair.split("=", 2);
      fields.put(decoded(parts[0]), decoded(parts[1]));
    }
    Map<String, String> given = new HashMap<>(fields);
    boolean verified =
        certificates
            ? AlipaySignature.rsaCertCheckV1(given, certificate(), "UTF-8", "RSA2")
            : AlipaySignature.rsaCheckV1(
                given, settings.getString("alipay_public_key"), "UTF-8", "RSA2");
    return Map.of("verified", verified, "fields", fields);
  }

  /** The SDK wants a file. */
  private String certificate() throws IOException {
    Path file = Files.createTempFile("alipay", ".crt");
    Files.writeString(file, settings.getString("alipay_certificate"));
    file.toFile().deleteOnExit();
    return file.toString();
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }
}
