package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;

/** Who is served without WebFlux gets what WebFlux would have given him, byte by byte. */
class CashierTest extends OnSharedServers {

    private static final String ONE = "{\"quantity\":1}";

    /** None of ours here has a brace inside its JSON. */
    private static final Pattern WHOLE_ANSWER = Pattern.compile("(?s)HTTP/1.1 \\d{3} .*?\r\n\r\n\\{[^}]*}");

    @Autowired
    private TillMeters till;

    @Test
    void aWinnerAndHisRetryGetTheSameBytesAsInside() {
        String path = "/api/sales/" + sale(100, 9) + "/orders";
        String buyer = buyer();
        long before = till.answered();
        String won = raw(1, tap(path, buyer, "one", ONE));
        String again = raw(1, tap(path, buyer, "one", ONE));
        assertThat(till.answered()).as("WebFlux was not asked").isEqualTo(before + 2);

        String other = buyer();
        String wonInside = raw(1, tap(path + "?by=query", other, "one", ONE));
        String againInside = raw(1, tap(path + "?by=query", other, "one", ONE));
        assertThat(till.answered()).as("WebFlux was asked").isEqualTo(before + 2);

        assertThat(won).startsWith("HTTP/1.1 201 Created\r\n").contains("PENDING_PAYMENT");
        assertThat(again).contains("Idempotency-Replayed: true");
        assertThat(comparable(won)).isEqualTo(comparable(wonInside));
        assertThat(comparable(again)).isEqualTo(comparable(againInside));
    }

    @ParameterizedTest
    @ValueSource(strings = {"3|409|limit-reached", "101|409|limit-reached"})
    void whatTheScriptRefusesIsTheSameProblem(String asked) {
        String[] expected = asked.split("\\|");
        String path = "/api/sales/" + sale(100, 2) + "/orders";
        String body = "{\"quantity\":" + expected[0] + "}";
        long before = till.answered();
        String here = raw(1, tap(path, buyer(), "k", body));
        assertThat(till.answered()).isEqualTo(before + 1);
        String inside = raw(1, tap(path + "?by=query", buyer(), "k", body));

        assertThat(here).startsWith("HTTP/1.1 " + expected[1]).contains(expected[2]);
        assertThat(here).isEqualTo(inside.replace("?by=query", ""));
    }

    @Test
    void aKeyThatStandsForAnotherBodyIsTheSameProblem() {
        String path = "/api/sales/" + sale(100, 5) + "/orders";
        String buyer = buyer();
        raw(1, tap(path, buyer, "k", ONE));
        String here = raw(1, tap(path, buyer, "k", "{\"quantity\":2}"));
        assertThat(here).startsWith("HTTP/1.1 422 ").contains("idempotency-key-reused");
        assertThat(here).isEqualTo(raw(1, tap(path + "?by=query", buyer, "k", "{\"quantity\":2}")));
    }

    @Test
    void whoTapsTooOftenIsToldSo() {
        String path = "/api/sales/" + sale(1_000, 1_000) + "/orders";
        String eager = buyer();
        String last = "";
        for (int i = 0; i < 50 && !last.startsWith("HTTP/1.1 429 "); i++) {
            last = raw(1, tap(path, eager, "k" + i, ONE));
        }
        assertThat(last).contains("rate-limited", "Retry-After: ", "RateLimit-Policy: ", "RateLimit: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"quantity\":0}", "{\"quantity\":", "[1]", "{\"quantity\":\"1\"}", "{}"})
    void whatIsWrongWithABodyIsExplainedInside(String body) {
        String path = "/api/sales/" + sale(10, 1) + "/orders";
        long before = till.answered();
        String answer = raw(1, tap(path, buyer(), "k", body));
        assertThat(answer).startsWith("HTTP/1.1 400 ");
        assertThat(till.answered()).isEqualTo(before);
    }

    @Test
    void whoBringsNoGoodTokenTypeOrKeyIsRefusedInside() {
        String path = "/api/sales/" + sale(10, 1) + "/orders";
        String good = tap(path, buyer(), "k", ONE);
        long before = till.answered();
        assertThat(raw(1, good.replace("Bearer ", "Bearer x"))).startsWith("HTTP/1.1 401 ");
        assertThat(raw(1, good.replace("application/json", "text/plain"))).startsWith("HTTP/1.1 415 ");
        assertThat(raw(1, good.replace("Idempotency-Key: k", "Idempotency-Key: k k")))
                .startsWith("HTTP/1.1 400 ");
        assertThat(raw(1, good.replace("Idempotency-Key: k", "Idempotency-Key: k\r\nIdempotency-Key: l")))
                .startsWith("HTTP/1.1 400 ");
        assertThat(till.answered()).isEqualTo(before);
    }

    @Test
    void answersKeepTheOrderOfTheirRequests() {
        String path = "/api/sales/" + sale(100, 9) + "/orders";
        String buyer = buyer();
        String orders = "GET /api/orders HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer " + buyer
                + "\r\nX-Request-Id: second\r\n\r\n";
        String ping = "GET /ping HTTP/1.1\r\nHost: shop\r\nX-Request-Id: fifth\r\n\r\n";
        String answers = raw(
                5,
                tap(path, buyer, "a", ONE).replace("mine", "first")
                        + orders
                        + tap(path, buyer, "b", ONE).replace("mine", "third")
                        + tap(path, buyer, "c", ONE).replace("mine", "fourth")
                        + ping);
        assertThat(Pattern.compile("X-Request-Id: (\\w+)")
                        .matcher(answers)
                        .results()
                        .map(id -> id.group(1)))
                .containsExactly("first", "second", "third", "fourth", "fifth");
    }

    @Test
    void aBodyInPartsIsReadInside() throws IOException, InterruptedException {
        String path = "/api/sales/" + sale(10, 9) + "/orders";
        String request = tap(path, buyer(), "k", ONE);
        long before = till.answered();
        for (int cut : List.of(request.length() - ONE.length(), request.length() - 3)) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.setTcpNoDelay(true);
                socket.setSoTimeout(20_000);
                socket.getOutputStream().write(request.substring(0, cut).getBytes(StandardCharsets.US_ASCII));
                Thread.sleep(200);
                socket.getOutputStream().write(request.substring(cut).getBytes(StandardCharsets.US_ASCII));
                assertThat(read(socket, 1)).startsWith("HTTP/1.1 201 ");
            }
        }
        assertThat(till.answered()).isEqualTo(before);
    }

    @Test
    void oneConnectionIsServedAgainAndAgain() throws IOException {
        String path = "/api/sales/" + sale(100, 1) + "/orders";
        long before = till.answered();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(20_000);
            for (int i = 0; i < 20; i++) {
                socket.getOutputStream().write(tap(path, buyer(), "k", ONE).getBytes(StandardCharsets.US_ASCII));
                assertThat(read(socket, 1)).startsWith("HTTP/1.1 201 ");
            }
        }
        assertThat(till.answered()).isEqualTo(before + 20);
    }

    @Test
    void whoAsksForTheEndOfTheConnectionGetsItAfterTheAnswer() {
        String path = "/api/sales/" + sale(10, 9) + "/orders";
        String last = tap(path, buyer(), "k", ONE).replace("Host: shop", "Host: shop\r\nConnection: close");
        String answers = SmallServer.raw(port, last + tap(path, buyer(), "k", ONE));
        assertThat(answers.split("HTTP/1.1 201 ")).as(answers).hasSize(2);
        assertThat(answers).containsIgnoringCase("\r\nconnection: close\r\n");
    }

    private static String tap(String path, String token, String key, String body) {
        return "POST " + path + " HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nAuthorization: Bearer "
                + token + "\r\nIdempotency-Key: " + key + "\r\nX-Request-Id: mine\r\nContent-Length: "
                + body.length() + "\r\n\r\n" + body;
    }

    /** What comes back for these bytes, until there are so many answers. */
    private String raw(int answers, String bytes) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(bytes.getBytes(StandardCharsets.US_ASCII));
            return read(socket, answers);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static String read(Socket socket, int answers) throws IOException {
        var received = new StringBuilder();
        while (WHOLE_ANSWER.matcher(received).results().map(MatchResult::group).count() < answers) {
            int next = socket.getInputStream().read();
            assertThat(next).as("there is more after " + received).isNotNegative();
            received.append((char) next);
        }
        return received.toString();
    }

    /** Without what differs from order to order; the order of headers means nothing. */
    private static List<String> comparable(String answer) {
        return answer.replaceAll("[0-9a-f]{8}-[0-9a-f-]{27}", "<id>")
                .replaceAll("\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z", "<time>")
                .replaceAll("(?i)content-length: \\d+", "<length>")
                .lines()
                .sorted()
                .toList();
    }

    private String buyer() {
        return api.buyer("till-" + UUID.randomUUID().toString().substring(0, 8));
    }

    private String sale(int stock, int limit) {
        String sale = api.post("/api/ops/sales", ops(), """
                        {"name":"One","priceCents":250,"currency":"CNY","stock":%d,"perUserLimit":%d,
                         "startsAt":"2020-01-01T00:00:00Z","endsAt":"2040-01-01T00:00:00Z"}""".formatted(stock, limit))
                .json()
                .path("id")
                .asString();
        assertThat(api.post("/api/ops/sales/" + sale + "/preheat", ops(), null).status())
                .isEqualTo(200);
        return sale;
    }
}
