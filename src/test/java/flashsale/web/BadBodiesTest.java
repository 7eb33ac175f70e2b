package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.server.HandlerFunction;
import org.springframework.web.reactive.function.server.ServerResponse;

class BadBodiesTest {

    private static SmallServer server;

    @BeforeAll
    static void start() {
        server = new SmallServer(new RouteTable()
                .post("/quantity", reading(Bodies::quantity))
                .post("/registration", reading(Bodies.Registration::from))
                .post("/login", reading(Bodies.Login::from))
                .post("/sale", reading(Bodies::sale))
                .post("/role", reading(Bodies::role))
                .post("/buyers", reading(Bodies.Buyers::from)));
    }

    private static HandlerFunction<ServerResponse> reading(java.util.function.Function<Fields, Object> body) {
        return request -> JsonBody.read(request.exchange().getRequest())
                .map(body)
                .flatMap(read -> Answer.json(HttpStatus.OK, read.toString()));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"quantity\":1}",
                " {\"quantity\": 2147483647 , \"colour\":\"red\", \"more\":{\"a\":[1,2]}} ",
                "{\"qu\\u0061ntity\":7}"
            })
    void whatIsRightIsRead(String body) {
        assertThat(json("/quantity", body).statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"3\"",
                "3.5",
                "3.0",
                "1e0",
                "true",
                "null",
                "0",
                "-1",
                "2147483648",
                "99999999999999999999999999999999",
                "[1]",
                "{\"a\":1}",
                "\"\""
            })
    void aQuantityThatIsNoCountIsRefusedByName(String value) {
        HttpResponse<String> answer = json("/quantity", "{\"quantity\":" + value + "}");

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(answer.body())
                .contains("\"type\":\"/problems/invalid-request\"", "\"field\":\"quantity\"", "whole number from 1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "   ",
                "{",
                "{\"quantity\"",
                "{\"quantity\":1",
                "{\"quantity\":1}}",
                "{\"quantity\":1} {\"quantity\":2}",
                "{\"quantity\":1}x",
                "{'quantity':1}",
                "{quantity:1}",
                "{\"quantity\":01}",
                "{\"quantity\":+1}",
                "{\"quantity\":NaN}",
                "{\"quantity\":1,}",
                "[{\"quantity\":1}]",
                "1",
                "null",
                "\"quantity\"",
                "{\"quantity\":1 /* one */}",
                "{\"quantity\":1,\"quantity\":2}",
                "{\"quantity\":1,\"x\":{\"a\":1,\"a\":2}}",
                "\u0000",
                "{}"
            })
    void whatIsNoJsonObjectOfOursIsRefused(String body) {
        HttpResponse<String> answer = json("/quantity", body);

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("\"type\":\"/problems/invalid-request\"", "\"errors\":[{");
    }

    @Test
    void aDuplicateKeyIsNamed() {
        assertThat(json("/quantity", "{\"quantity\":1,\"quantity\":2}").body())
                .contains("{\"field\":\"quantity\",\"reason\":\"stands there twice\"}");
    }

    @Test
    void depthNumbersAndStringsAreBounded() {
        String deep = "{\"a\":".repeat(17) + "1" + "}".repeat(17);
        String deepEnough = "{\"a\":".repeat(15) + "1" + "}".repeat(15);

        assertThat(json("/quantity", "{\"quantity\":1,\"x\":" + deep + "}").statusCode())
                .isEqualTo(400);
        assertThat(json("/quantity", "{\"quantity\":1,\"x\":" + deepEnough + "}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(json("/quantity", "{\"quantity\":1,\"x\":" + "9".repeat(41) + "}")
                        .statusCode())
                .isEqualTo(400);
        assertThat(json("/quantity", "{\"quantity\":1,\"x\":\"" + "y".repeat(8193) + "\"}")
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void theLastAllowedByteIsReadAndTheNextRefused() {
        String start = "{\"quantity\":1}";

        assertThat(json("/quantity", start + " ".repeat(JsonBody.MAX_BYTES - start.length()))
                        .statusCode())
                .isEqualTo(200);
        HttpResponse<String> tooLarge = json("/quantity", start + " ".repeat(JsonBody.MAX_BYTES - start.length() + 1));
        assertThat(tooLarge.statusCode()).isEqualTo(413);
        assertThat(tooLarge.body()).contains("/problems/payload-too-large");
    }

    @Test
    void aChunkedBodyWithoutEndIsCutAtTheLimit() {
        String chunk = "1000\r\n" + " ".repeat(0x1000) + "\r\n";
        String answer = server.raw("POST /quantity HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + chunk.repeat(5));

        assertThat(answer).startsWith("HTTP/1.1 413 ").contains("/problems/payload-too-large");
    }

    @Test
    void aBodyThatStopsComingIsGivenUp() {
        String answer = server.raw("POST /quantity HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                + "Content-Length: 14\r\n\r\n{\"quan");

        assertThat(answer).startsWith("HTTP/1.1 408 ").contains("/problems/request-timeout");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "application/xml",
                "application/x-www-form-urlencoded",
                "application/json; charset=utf-16",
                "application/json; charset=klingon",
                "json",
                "*/*"
            })
    void anotherMediaTypeIsRefused(String type) {
        HttpResponse<String> answer = server.send("POST", "/quantity", "{\"quantity\":1}", "Content-Type", type);

        assertThat(answer.statusCode()).isEqualTo(415);
        assertThat(answer.body()).contains("/problems/unsupported-media-type");
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "application/json;charset=UTF-8", "application/vnd.shop+json"})
    void jsonByAnyOfItsNamesIsTaken(String type) {
        assertThat(server.send("POST", "/quantity", "{\"quantity\":1}", "Content-Type", type)
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void aBodyWithoutMediaTypeIsRefused() {
        assertThat(server.send("POST", "/quantity", "{\"quantity\":1}").statusCode())
                .isEqualTo(415);
    }

    @Test
    void everyRefusedFieldIsNamedAtOnce() {
        String body = json("/registration", "{\"username\":\"no spaces\",\"password\":\"short\"}")
                .body();

        assertThat(body).contains("\"field\":\"username\"", "\"field\":\"password\"");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
                    registration | username   | {"username":"ab","password":"long enough"}
                    registration | username   | {"username":"über","password":"long enough"}
                    registration | username   | {"username":7,"password":"long enough"}
                    registration | password   | {"username":"abc","password":"seven77"}
                    registration | password   | {"username":"abc","password":"密密密密密密密密密密密密密密密密密密密密密密密密密"}
                    login        | clientType | {"username":"abc","password":"p","clientType":"tv","deviceId":"d"}
                    login        | clientType | {"username":"abc","password":"p","clientType":"APP","deviceId":"d"}
                    login        | deviceId   | {"username":"abc","password":"p","clientType":"app","deviceId":""}
                    login        | deviceId   | {"username":"abc","password":"p","clientType":"app"}
                    login        | username   | {"username":"a\\u0000b","password":"p","clientType":"app","deviceId":"d"}
                    role         | role       | {"role":"ROOT"}
                    buyers       | count      | {"count":5001,"prefix":"p"}
                    buyers       | prefix     | {"count":1,"prefix":"p_q"}
                    """)
    void eachFieldHasItsRule(String path, String field, String body) {
        HttpResponse<String> answer = json("/" + path, body);

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("\"errors\":[{\"field\":\"" + field + "\"");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
                    name         | " "
                    priceCents   | -1
                    priceCents   | 1000000000001
                    currency     | "cny"
                    currency     | "XQX"
                    stock        | 0
                    stock        | 100000001
                    perUserLimit | 0
                    perUserLimit | 1000001
                    startsAt     | "tomorrow"
                    startsAt     | "2030-01-01T00:00:00"
                    startsAt     | 1893456000
                    endsAt       | "+999999999-12-31T23:59:59Z"
                    endsAt       | "2030-01-01T00:00:00Z"
                    endsAt       | "2030-01-01T00:00:00.0000004Z"
                    endsAt       | "2030-01-01T00:00:00.000999999Z"
                    """)
    void aSaleIsCheckedFieldByField(String field, String value) {
        String good = """
                {"name":"A","priceCents":0,"currency":"CNY","stock":1,"startsAt":"2030-01-01T00:00:00Z",
                 "endsAt":"2030-01-01T09:00:00+08:00","perUserLimit":1}""";
        assertThat(json("/sale", good).statusCode()).isEqualTo(200);

        HttpResponse<String> answer =
                json("/sale", good.replaceAll("\"" + field + "\":(\"[^\"]*\"|\\d+)", "\"" + field + "\":" + value));

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("\"errors\":[{\"field\":\"" + field + "\"");
    }

    @Test
    void aFieldThatIsNoneIsNamedWithThoseThatAreAndWithWhatElseIsWrong() {
        String body = json("/registration", "{\"username\":\"abc\",\"pasword\":\"long enough\",\"a\":{\"b\":[1]}}")
                .body();

        assertThat(body)
                .contains("{\"field\":\"password\",\"reason\":\"missing; ")
                .contains(
                        "{\"field\":\"pasword\",\"reason\":\"is no field of this call, which has username, password\"}")
                .contains("{\"field\":\"a\",\"reason\":\"is no field of this call")
                .doesNotContain("long enough");
    }

    @Test
    void aBodyOfNothingButFieldsThatAreNoneGetsAShortAnswer() {
        String members =
                IntStream.range(0, 1_500).mapToObj(i -> "\"f" + i + "\":0").collect(Collectors.joining(","));

        HttpResponse<String> answer = json("/role", "{\"role\":\"OPS\"," + members + "}");

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("\"field\":\"f0\"").hasSizeLessThan(2_000);
    }

    @Test
    void aRefusedBodyIsNotQuotedBack() {
        assertThat(json("/registration", "{\"username\":\"abc\",\"password\":\"hunter2!\" oops")
                        .body())
                .doesNotContain("hunter2");
    }

    private static HttpResponse<String> json(String path, String body) {
        return server.send("POST", path, body, "Content-Type", "application/json");
    }
}
