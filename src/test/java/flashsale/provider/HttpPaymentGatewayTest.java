package flashsale.provider;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.observability.LogLines;
import flashsale.order.payment.Charge;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
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

    @Test
    void anAnswerAboutAnotherOrderIsNotBelieved() {
        UUID asked = UUID.randomUUID();
        UUID other = UUID.randomUUID();
        DisposableServer mixingUp = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .handle((request, response) -> response.status(200).sendString(Mono.just("""
                        {"id":"ch_7","order":"%s","state":"captured","amountCents":100,"currency":"CNY"}""".formatted(other))))
                .bindNow();
        var gateway = new HttpPaymentGateway(
                "http://127.0.0.1:" + mixingUp.port(), new ProviderSettings("", "", SHORT, SHORT, 4, 4, SHORT));
        try (LogLines log = LogLines.of(HttpPaymentGateway.class)) {
            Stream.of(gateway.find(asked), gateway.charge(asked, 100, "CNY"), gateway.refund(asked, 100))
                    .forEach(answer ->
                            assertThat(answer.block(Duration.ofMinutes(1))).isInstanceOf(Charge.Unanswered.class));

            assertThat(log.errors(asked.toString())).hasSize(3).allSatisfy(line -> assertThat(line)
                    .contains(other.toString(), "ch_7"));
            assertThat(gateway.find(other).block(Duration.ofMinutes(1)))
                    .isEqualTo(new Charge.Captured("ch_7", 100, "CNY"));
        } finally {
            gateway.close();
            mixingUp.disposeNow();
        }
    }
}
