package flashsale.provider;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.order.payment.Charge;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** Providers that other tests' sandbox cannot be. */
class HttpPaymentGatewayTest {

    private static final Duration SHORT = Duration.ofSeconds(1);

    @Test
    void anAnswerThatNeverEndsIsGivenUp() {
        DisposableServer dripping = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .handle((request, response) -> response.status(200)
                        .sendObject(
                                Flux.interval(Duration.ofMillis(300))
                                        .map(tick -> Unpooled.wrappedBuffer(new byte[] {' '})),
                                each -> true))
                .bindNow();
        var gateway = new HttpPaymentGateway(
                "http://127.0.0.1:" + dripping.port(), new ProviderSettings("", "", SHORT, SHORT, 4, 4, SHORT));
        try {
            assertThat(gateway.find(UUID.randomUUID()).block(Duration.ofMinutes(1)))
                    .isInstanceOf(Charge.Unanswered.class);
        } finally {
            gateway.close();
            dripping.disposeNow();
        }
    }
}
