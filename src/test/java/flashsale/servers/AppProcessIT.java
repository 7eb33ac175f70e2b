package flashsale.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(AppOutput.class)
class AppProcessIT {

    @Test
    void thePackagedApplicationStartsDiesAndComesBack() {
        try (var app = AppProcess.on(Servers.shared()).start()) {
            Awaitility.await().atMost(20, TimeUnit.SECONDS).until(app::isReady);
            app.kill9();
            assertThat(app.isReady()).isFalse();
            app.restart();
            Awaitility.await().atMost(20, TimeUnit.SECONDS).until(app::isReady);
            app.terminate();
            assertThat(app.output()).contains("Graceful shutdown complete");
        }
    }

    @Test
    void aStartThatFailsShowsWhatWasPrinted() {
        assertThatThrownBy(() -> AppProcess.on(Servers.shared())
                        .with("spring.data.redis.url", "nonsense")
                        .start())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("Starting FlashSaleApplication");
    }
}
