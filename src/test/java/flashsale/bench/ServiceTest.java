package flashsale.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** A service of another shape, with a sale that is there already and tokens from a file, is prepared by its mapping. */
class ServiceTest {

    private static final String OTHER = """
            name = other
            cpu.app = other
            purchase.path = /seckill/{sale}
            purchase.header.X-User = {token}
            purchase.won = 200
            purchase.sold-out = 410
            tokens.file = %s
            sale.id = 42
            sale.sold-out-id = 43
            reset.method = PUT
            reset.path = /stock/{sale}?units={stock}
            audit.path = /report
            audit.must.state = settled
            audit.take = /totals/sold
            """;

    @TempDir
    Path folder;

    private final ConcurrentLinkedQueue<String> asked = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<String> reports = new ConcurrentLinkedQueue<>();
    private DisposableServer other;

    @BeforeEach
    void start() {
        other = HttpServer.create()
                .host("localhost")
                .port(0)
                .route(routes -> routes.put("/stock/{sale}", (request, response) -> {
                            asked.add(request.uri());
                            return response.send();
                        })
                        .get("/report", (request, response) -> response.sendString(Mono.fromSupplier(reports::poll))))
                .bindNow();
    }

    @AfterEach
    void stop() {
        other.disposeNow();
    }

    private Service service(String... tokens) throws IOException {
        Path file = Files.write(folder.resolve("tokens"), List.of(tokens));
        return new Service(Mapping.read(
                new StringReader(OTHER.formatted(file)), Map.of("url", "http://localhost:" + other.port())));
    }

    @Test
    void aSaleThatIsThereIsResetBeforeItIsSold() throws IOException {
        Service service = service("a", "b");
        assertThat(service.sale(500, 1)).isEqualTo("42");
        assertThat(asked).containsExactly("/stock/42?units=500");
        assertThat(service.soldOut("a")).isEqualTo("43");
    }

    @Test
    void buyersComeFromTheFile() throws IOException {
        assertThat(service("a", "", "b", "c").tokens(2)).containsExactly("a", "b");
        assertThatThrownBy(() -> service("alone").tokens(2)).hasMessageContaining("tokens.file");
    }

    @Test
    void whatWasSoldIsAskedUntilTheServiceHasSettled() throws IOException {
        reports.addAll(List.of(
                "{\"state\":\"busy\",\"totals\":{\"sold\":6}}", "{\"state\":\"settled\",\"totals\":{\"sold\":7}}"));
        assertThat(service("a", "b").sold("42")).isEqualTo(7);
    }

    @Test
    void aPointerThatFindsNothingIsNamed() throws IOException {
        reports.add("{\"state\":\"settled\"}");
        assertThatThrownBy(() -> service("a", "b").sold("42"))
                .hasMessage("audit.take /totals/sold finds nothing in the answer");
    }
}
