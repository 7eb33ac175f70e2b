package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.http.HttpStatus;

/** By raw bytes: clients of the JDK do not let a caller set Origin. */
class CorsTest {

    private static SmallServer server;

    @BeforeAll
    static void start() {
        server = new SmallServer(
                new RouteTable()
                        .get("/thing", request -> Answer.json(HttpStatus.OK, "here"))
                        .get("/no", request -> Answer.problem(ProblemType.SOLD_OUT, "none left")),
                new FilterConfiguration().cors(settings("https://shop.example")));
    }

    private static WebSettings settings(String origin) {
        return SmallServer.settings(Map.of("allowed-origins", origin));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void pagesOfAnAllowedOriginReadAnswersAndRefusals() {
        assertThat(from("https://shop.example", "GET /thing"))
                .startsWith("HTTP/1.1 200 ")
                .contains(
                        "Access-Control-Allow-Origin: https://shop.example", "Access-Control-Allow-Credentials: true");
        assertThat(from("https://shop.example", "GET /no"))
                .startsWith("HTTP/1.1 409 ")
                .contains("Access-Control-Allow-Origin: https://shop.example", "Access-Control-Expose-Headers: ");
    }

    @Test
    void pagesOfOtherOriginsAreRefusedWithAProblem() {
        assertThat(from("https://elsewhere.example", "GET /thing"))
                .startsWith("HTTP/1.1 403 ")
                .contains("\"type\":\"/problems/forbidden\"")
                .doesNotContain("Access-Control-Allow-Origin");
    }

    @Test
    void aPreflightIsAnswered() {
        assertThat(
                        server.raw(
                                "OPTIONS /thing HTTP/1.1\r\nHost: x\r\nConnection: close\r\nOrigin: https://shop.example\r\n"
                                        + "Access-Control-Request-Method: POST\r\n"
                                        + "Access-Control-Request-Headers: idempotency-key, authorization, x-xsrf-token\r\n\r\n"))
                .startsWith("HTTP/1.1 200 ")
                .contains("Access-Control-Allow-Methods: ", "Access-Control-Max-Age: 3600");
    }

    @ParameterizedTest
    @ValueSource(strings = {"*", "https://*.example", "null", "shop.example", "https://shop.example/", "https://"})
    void whatIsNotOneExactOriginIsRefusedAtStart(String origin) {
        assertThatExceptionOfType(BindException.class)
                .isThrownBy(() -> settings(origin))
                .havingRootCause()
                .withMessageContaining("flash-sale.web.allowed-origins: \"" + origin + "\"");
    }

    @Test
    void whoIsNoPageOfABrowserIsNotConcerned() {
        assertThat(server.send("GET", "/thing", "").statusCode()).isEqualTo(200);
    }

    private static String from(String origin, String methodAndPath) {
        return server.raw(
                methodAndPath + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nOrigin: " + origin + "\r\n\r\n");
    }
}
