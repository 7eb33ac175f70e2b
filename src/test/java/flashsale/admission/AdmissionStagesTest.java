package flashsale.admission;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.observability.Stage;
import flashsale.shop.Eventually;
import flashsale.shop.Stages;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** More users and addresses than a node may remember. */
class AdmissionStagesTest {

    @Test
    void theLeastActiveAreForgotten() throws UnknownHostException {
        AdmissionSettings settings = Gates.settings(Map.of(
                "flash-sale.admission.users", "10",
                "flash-sale.admission.addresses.remembered", "10"));
        UserRate users = new UserRate(settings, () -> 1);
        AddressRate addresses = new AddressRate(settings.addresses(), () -> 1);
        var registry = new SimpleMeterRegistry();
        new AdmissionConfiguration().admissionStages(users, addresses, settings).bindTo(registry);
        Stages stages = new Stages(registry);

        LongStream.range(0, 1_000).forEach(users::take);
        for (int i = 0; i < 1_000; i++) {
            addresses.take(
                    AddressRate.Kind.REQUEST, InetAddress.getByAddress(new byte[] {10, 0, (byte) (i >> 8), (byte) i}));
        }

        assertThat(stages.bound(Stage.USER_RATES)).isEqualTo(10);
        assertThat(stages.bound(Stage.ADDRESS_RATES)).isEqualTo(30);
        Eventually.holds(
                "no more are remembered",
                () -> stages.depth(Stage.USER_RATES) <= 10 && stages.depth(Stage.ADDRESS_RATES) <= 10);
        assertThat(stages.depth(Stage.USER_RATES)).isPositive();
        assertThat(stages.depth(Stage.ADDRESS_RATES)).isPositive();
    }
}
