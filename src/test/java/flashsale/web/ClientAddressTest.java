package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.http.HttpStatus;

class ClientAddressTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0 | 6.6.6.6                        |         | 127.0.0.1",
                "1 | 9.9.9.9                        |         | 9.9.9.9",
                "1 | 6.6.6.6, 9.9.9.9               |         | 9.9.9.9",
                "1 | 6.6.6.6                        | 9.9.9.9 | 9.9.9.9",
                "2 | 6.6.6.6, 9.9.9.9, 10.0.0.1     |         | 9.9.9.9",
                "2 | 6.6.6.6, 9.9.9.9               | 10.0.0.1| 9.9.9.9",
                "2 | 9.9.9.9                        |         | 127.0.0.1",
                "1 | 9.9.9.9:4711                   |         | 9.9.9.9",
                "1 | 2001:db8:1:2:3:4:5:6           |         | 20010db800010002/64",
                "1 | [2001:db8:1:2::9]:4711         |         | 20010db800010002/64",
                "1 | ::ffff:9.9.9.9                 |         | 9.9.9.9",
                "1 | ,                              |         | 127.0.0.1",
                "2 | 6.6.6.6,9.9.9.9,10.0.0.1       | ,       | 127.0.0.1",
                "3 | 6.6.6.6, 9.9.9.9,10.0.0.1      | 10.0.0.2| 9.9.9.9",
                "1 | nonsense                       |         | 127.0.0.1"
            })
    void onlyWhatOurProxiesAppendedIsBelieved(int trusted, String header, String second, String expected) {
        WebSettings settings = SmallServer.settings(Map.of("trusted-proxies", Integer.toString(trusted)));
        ClientAddress addresses = new ClientAddress(settings);
        RouteTable routes = new RouteTable()
                .get(
                        "/address",
                        request -> Answer.json(
                                HttpStatus.OK,
                                addresses.network(request.exchange().getRequest())));
        try (SmallServer server = new SmallServer(routes)) {
            HttpResponse<String> answer = second == null
                    ? server.send("GET", "/address", "", "X-Forwarded-For", header)
                    : server.send("GET", "/address", "", "X-Forwarded-For", header, "X-Forwarded-For", second);

            assertThat(answer.body()).isEqualTo("\"" + expected + "\"");
        }
    }
}
