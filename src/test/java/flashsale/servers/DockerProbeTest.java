package flashsale.servers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class DockerProbeTest {

    @Test
    void aMachineWithoutASocketHasNoEngine() {
        assertThat(DockerProbe.ask(List.of()).usable()).isFalse();
    }

    @Test
    void anEngineThatAcceptsAndNeverAnswersIsSetAside() throws IOException {
        try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            long before = System.nanoTime();
            var answer = DockerProbe.ask(List.of("tcp://localhost:" + silent.getLocalPort()));
            assertThat(answer.usable()).isFalse();
            assertThat(answer.finding()).contains("no Docker engine answers");
            assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(10));
        }
    }

    @Test
    void anAddressItCannotAskIsSetAside() {
        assertThat(DockerProbe.ask(List.of("ssh://elsewhere")).usable()).isFalse();
    }
}
