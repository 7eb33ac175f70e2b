package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.redis.RedisUnavailable;
import java.net.http.HttpResponse;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.http.HttpStatus;
import org.springframework.web.server.WebFilter;
import reactor.core.publisher.Mono;

class ProblemsOverHttpTest {

    private static SmallServer server;

    @BeforeAll
    static void start() {
        WebFilter broken =
                (exchange, chain) -> exchange.getRequest().getPath().value().equals("/broken-filter")
                        ? Mono.error(new IllegalStateException("secret of a filter"))
                        : chain.filter(exchange);
        server = new SmallServer(
                new RouteTable()
                        .get("/thing", request -> Answer.json(HttpStatus.OK, "here"))
                        .put("/thing", request -> Answer.noContent())
                        .get("/bug", request -> Mono.error(new IllegalStateException("secret of a handler")))
                        .get("/thrown", request -> {
                            throw new IllegalStateException("secret of a handler");
                        })
                        .get("/duplicate", request -> Mono.error(new DuplicateKeyException("secret of a table")))
                        .get(
                                "/store/postgres",
                                request -> Mono.error(new DataAccessResourceFailureException("secret address")))
                        .get("/store/redis", request -> Mono.error(new RedisUnavailable("secret address")))
                        .get("/store/late", request -> Mono.error(new TimeoutException("secret address"))),
                broken);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void aProblemHasEverythingTheContractSays() {
        HttpResponse<String> answer = server.send("GET", "/nowhere/really?x=1", "", "X-Request-Id", "my.id-1");

        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(answer.body())
                .isEqualTo("{\"type\":\"/problems/not-found\",\"title\":\"Nothing is here\",\"status\":404,"
                        + "\"detail\":\"There is nothing at this address.\",\"instance\":\"/nowhere/really\","
                        + "\"requestId\":\"my.id-1\"}");
    }

    @Test
    void aWrongMethodIsToldTheRightOnes() {
        HttpResponse<String> answer = server.send("DELETE", "/thing", "");

        assertThat(answer.statusCode()).isEqualTo(405);
        assertThat(answer.headers().firstValue("Allow")).contains("GET, HEAD, PUT");
        assertThat(answer.body()).contains("/problems/method-not-allowed");
    }

    @Test
    void optionsAndHeadAreAnswered() {
        assertThat(server.send("OPTIONS", "/thing", "").headers().firstValue("Allow"))
                .contains("GET, HEAD, PUT");
        HttpResponse<String> head = server.send("HEAD", "/thing", "");
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/bug", "/thrown", "/duplicate", "/broken-filter"})
    void aFaultOfOursTellsNothingButItsId(String path) {
        HttpResponse<String> answer = server.send("GET", path, "", "X-Request-Id", "look-for-me");

        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(answer.body())
                .contains("/problems/internal-error", "\"requestId\":\"look-for-me\"")
                .doesNotContain("secret", "Exception");
        assertThat(answer.headers().firstValue("X-Request-Id")).contains("look-for-me");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/store/postgres", "/store/redis", "/store/late"})
    void aStoreThatIsAwayIsA503WithATimeToComeBack(String path) {
        HttpResponse<String> answer = server.send("GET", path, "");

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).contains("/problems/degraded").doesNotContain("secret");
        assertThat(answer.headers().firstValueAsLong("Retry-After").orElse(0)).isBetween(1L, 10L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"has space", "quote\"", "", "semi;colon", "new%0aline<b>"})
    void aRequestIdThatCouldDoHarmIsReplaced(String id) {
        HttpResponse<String> answer = server.send("GET", "/thing", "", "X-Request-Id", id);

        assertThat(answer.headers().firstValue("X-Request-Id"))
                .isPresent()
                .get()
                .isNotEqualTo(id);
    }

    @Test
    void aRequestIdMayHave64CharactersAndNoMore() {
        String longest = "a".repeat(64);

        assertThat(server.send("GET", "/thing", "", "X-Request-Id", longest)
                        .headers()
                        .firstValue("X-Request-Id"))
                .contains(longest);
        assertThat(server.send("GET", "/thing", "", "X-Request-Id", longest + "a")
                        .headers()
                        .firstValue("X-Request-Id"))
                .isPresent()
                .get()
                .isNotEqualTo(longest + "a");
    }

    @Test
    void everyAnswerCarriesTheSecurityHeaders() {
        for (String path : new String[] {"/thing", "/nowhere", "/bug"}) {
            var headers = server.send("GET", path, "").headers();
            assertThat(headers.firstValue("X-Content-Type-Options")).contains("nosniff");
            assertThat(headers.firstValue("Referrer-Policy")).contains("no-referrer");
            assertThat(headers.firstValue("Cache-Control")).contains("no-store");
            assertThat(headers.firstValue("Strict-Transport-Security")).isEmpty();
        }
    }

    @Test
    void anAddressTooLongIsAProblemToo() {
        assertThat(server.raw("GET /" + "a".repeat(5000) + " HTTP/1.1\r\nHost: x\r\n\r\n"))
                .startsWith("HTTP/1.1 414 ")
                .contains("application/problem+json", "\"type\":\"/problems/uri-too-long\"", "\"requestId\":\"");
    }

    @Test
    void headersTooLargeAreAProblemToo() {
        assertThat(server.raw("GET /thing HTTP/1.1\r\nHost: x\r\nX-Big: " + "a".repeat(9000) + "\r\n\r\n"))
                .startsWith("HTTP/1.1 431 ")
                .contains("\"type\":\"/problems/headers-too-large\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "nonsense\r\n\r\n"})
    void whatIsNoRequestIsAProblemToo(String bytes) {
        assertThat(server.raw(bytes))
                .startsWith("HTTP/1.1 400 ")
                .contains("application/problem+json", "\"type\":\"/problems/invalid-request\"");
    }

    @Test
    void anAddressCannotBreakOutOfTheJson() {
        String answer = server.raw("GET /%22%5C\u00e9%0a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

        assertThat(answer).startsWith("HTTP/1.1 404 ").contains("\"instance\":\"/%22%5C");
    }
}
