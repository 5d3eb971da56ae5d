// Drives alipay-sdk-java-v3 for tests/e2e/test_alipay_sdks.py.
//   java AlipaySdkJavaV3 SETTINGS.json public-key|certificate [AES]
// One JSON line in is one call of the SDK; one JSON line out is what the SDK made of it.
import com.alipay.v3.ApiClient;
import com.alipay.v3.ApiException;
import com.alipay.v3.util.AlipaySignature;
import com.alipay.v3.util.GenericExecuteApi;
import com.alipay.v3.util.model.AlipayConfig;
import com.alipay.v3.util.model.OpenApiGenericRequest;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.reflect.TypeToken;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

public final class AlipaySdkJavaV3 {
  /** What the REST form asks for with GET. */
  private static final Set<String> READ =
      Set.of(
          "alipay.data.dataservice.bill.downloadurl.query",
          "alipay.fund.account.query",
          "alipay.fund.trans.common.query",
          "alipay.trade.order.onsettle.query",
          "alipay.trade.order.settle.query",
          "alipay.trade.royalty.rate.query");

  private static final Gson PLAIN = new GsonBuilder().disableHtmlEscaping().create();
  private final JsonObject settings;
  private final boolean certificates;
  private final ApiClient client = new ApiClient();

  private AlipaySdkJavaV3(JsonObject settings, List<String> ways) throws ApiException {
    this.settings = settings;
    this.certificates = ways.contains("certificate");
    client.setAlipayConfig(config(ways.contains("AES")));
  }

  public static void main(String[] arguments) throws IOException, ApiException {
    String text = Files.readString(Path.of(arguments[0]));
    AlipaySdkJavaV3 shop = new AlipaySdkJavaV3(object(text), List.of(arguments));
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      out.println(PLAIN.toJson(shop.answer(object(line))));
    }
    System.exit(0); // the SDK's pool keeps connections for a while
  }

  private AlipayConfig config(boolean sealed) {
    AlipayConfig config = new AlipayConfig();
    config.setServerUrl(text("gateway").replace("/gateway.do", ""));
    config.setAppId(text("app_id"));
    config.setPrivateKey(text("app_private_key").replaceAll("-----[A-Z ]+-----|\\s", ""));
    if (certificates) {
      config.setAppCertContent(text("app_certificate"));
      config.setAlipayPublicCertContent(text("alipay_certificate"));
      config.setRootCertContent(text("alipay_root_certificate"));
    } else {
      config.setAlipayPublicKey(text("alipay_public_key"));
    }
    if (sealed) {
      config.setEncryptType("AES");
      config.setEncryptKey(text("content_key"));
    }
    return config;
  }

  private Map<String, Object> answer(JsonObject asked) {
    try {
      switch (asked.get("do").getAsString()) {
        case "call":
          return Map.of("node", JsonParser.parseString(called(asked)));
        case "page":
          return Map.of("url", page(asked));
        case "app":
          return Map.of("order", app(asked));
        default:
          return told(asked.get("body").getAsString());
      }
    } catch (ApiException refused) {
      String body = refused.getResponseBody();
      if (body == null) return Map.of("error", refused.toString());
      return Map.of("refused", object(body).get("code").getAsString());
    } catch (IOException | ReflectiveOperationException | RuntimeException error) {
      return Map.of("error", error.toString());
    }
  }

  /** By the class that the SDK has for a method's group; what it reads or has none for, by path. */
  private String called(JsonObject asked) throws ApiException, ReflectiveOperationException {
    String method = asked.get("method").getAsString();
    JsonObject content = asked.getAsJsonObject("content");
    if (asked.has("notify_url")) content.add("notify_url", asked.get("notify_url"));
    if (READ.contains(method)) return byPath("GET", method, content);
    String name = camel(method);
    int last = method.lastIndexOf('.');
    Class<?> model = Class.forName("com.alipay.v3.model." + name + "Model");
    Class<?> group = Class.forName("com.alipay.v3.api." + camel(method.substring(0, last)) + "Api");
    Object api = group.getConstructor(ApiClient.class).newInstance(client);
    try {
      Object terms = client.getJSON().deserialize(content.toString(), model);
      Object done = group.getMethod(method.substring(last + 1), model).invoke(api, terms);
      return (String) done.getClass().getMethod("toJson").invoke(done);
    } catch (InvocationTargetException thrown) {
      if (thrown.getCause() instanceof ApiException) throw (ApiException) thrown.getCause();
      throw thrown;
    }
  }

  private String byPath(String verb, String method, JsonObject content)
      throws ApiException, ReflectiveOperationException {
    OpenApiGenericRequest request = new OpenApiGenericRequest();
    request.setQueryParams(members(content));
    String path = "/v3/" + method.replace('.', '/');
    Object done = new GenericExecuteApi(client).execute(path, verb, request).getData();
    return PLAIN.toJson(done);
  }

  private String page(JsonObject asked) throws ApiException {
    Map<String, Object> content = members(asked.getAsJsonObject("content"));
    Map<String, Object> given = new LinkedHashMap<>(Map.of("biz_content", content));
    given.put("return_url", asked.get("return_url").getAsString());
    String method = asked.get("method").getAsString();
    return new GenericExecuteApi(client).pageExecute(method, "GET", given);
  }

  private String app(JsonObject asked) throws ApiException {
    Map<String, Object> content = members(asked.getAsJsonObject("content"));
    String method = asked.get("method").getAsString();
    return new GenericExecuteApi(client).sdkExecute(method, Map.of("biz_content", content));
  }

  /** A notification as it came in. */
  private Map<String, Object> told(String body) throws ApiException, IOException {
    Map<String, String> fields = new HashMap<>();
    for (String pair : body.split("&")) {
      String[] parts = pair.split("=", 2);
      fields.put(decoded(parts[0]), decoded(parts[1]));
    }
    Map<String, String> given = new HashMap<>(fields);
    boolean verified =
        certificates
            ? AlipaySignature.certVerifyV1(given, certificate(), "UTF-8", "RSA2")
            : AlipaySignature.verifyV1(given, text("alipay_public_key"), "UTF-8", "RSA2");
    return Map.of("verified", verified, "fields", fields);
  }

  /** The SDK wants a file. */
  private String certificate() throws IOException {
    Path file = Files.createTempFile("alipay", ".crt");
    Files.writeString(file, text("alipay_certificate"));
    file.toFile().deleteOnExit();
    return file.toString();
  }

  private String text(String name) {
    return settings.get(name).getAsString();
  }

  private static JsonObject object(String text) {
    JsonElement read = JsonParser.parseString(text);
    return read.getAsJsonObject();
  }

  private static Map<String, Object> members(JsonObject object) {
    return PLAIN.fromJson(object, new TypeToken<Map<String, Object>>() {}.getType());
  }

  /** alipay.trade.query is AlipayTradeQuery. */
  private static String camel(String method) {
    StringBuilder name = new StringBuilder();
    for (String word : method.split("\\.")) {
      name.append(Character.toUpperCase(word.charAt(0))).append(word.substring(1));
    }
    return name.toString();
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }
}
