package flashsale.admission;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.admission.AddressRate.Exceeded;
import flashsale.admission.AddressRate.Kind;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HashMap;
import org.junit.jupiter.api.Test;

class AddressRateTest {

    private long now = 1;

    /** Names below {@code flash-sale.admission.addresses}, and values. */
    private AddressRate rate(String... given) {
        var properties = new HashMap<String, String>();
        for (int i = 0; i < given.length; i += 2) {
            properties.put("flash-sale.admission.addresses." + given[i], given[i + 1]);
        }
        return new AddressRate(Gates.settings(properties).addresses(), () -> now);
    }

    private static InetAddress address(String text) {
        return InetAddress.ofLiteral(text);
    }

    private static int taken(AddressRate rate, Kind kind, String address) {
        int taken = 0;
        while (rate.take(kind, address(address)) == null) {
            taken++;
        }
        return taken;
    }

    @Test
    void asShippedACrowdBehindACarrierLivesAndNobodyTakesAll() {
        AddressRate rate = rate();
        assertThat(taken(rate, Kind.REQUEST, "9.9.9.9")).isEqualTo(1_000);
        assertThat(taken(rate, Kind.LOGIN, "9.9.9.9")).isEqualTo(100);
        assertThat(taken(rate, Kind.BAD_TOKEN, "9.9.9.9")).isEqualTo(500);
        now += 1_000_000_000;
        assertThat(taken(rate, Kind.REQUEST, "9.9.9.9")).isEqualTo(500);
        assertThat(taken(rate, Kind.LOGIN, "9.9.9.9")).isEqualTo(10);
        assertThat(rate.refused(Kind.LOGIN)).isEqualTo(2);
    }

    @Test
    void oneNetworkOfIpv6IsOneCaller() {
        AddressRate rate = rate("logins.per-second", "1", "logins.burst", "2");
        assertThat(taken(rate, Kind.LOGIN, "2001:db8:1:2::1")).isEqualTo(2);
        assertThat(taken(rate, Kind.LOGIN, "2001:db8:1:2:ffff::9")).isZero();
        assertThat(taken(rate, Kind.LOGIN, "2001:db8:1:3::1")).isEqualTo(2);
        assertThat(taken(rate, Kind.LOGIN, "9.9.9.9")).isEqualTo(2);
        assertThat(taken(rate, Kind.LOGIN, "9.9.9.10")).isEqualTo(2);
    }

    @Test
    void lookingTakesNone() {
        AddressRate rate = rate("bad-tokens.per-second", "2", "bad-tokens.burst", "2");
        InetAddress address = address("9.9.9.9");
        assertThat(rate.look(Kind.BAD_TOKEN, address)).isNull();
        rate.take(Kind.BAD_TOKEN, address);
        for (int i = 0; i < 10; i++) {
            assertThat(rate.look(Kind.BAD_TOKEN, address)).isNull();
        }
        rate.take(Kind.BAD_TOKEN, address);
        assertThat(rate.look(Kind.BAD_TOKEN, address))
                .isEqualTo(new Exceeded(Kind.BAD_TOKEN, 2, 2, Duration.ofMillis(500)));
    }

    @Test
    void whereAddressesAreNotLimitedNothingIsCounted() {
        AddressRate rate = rate("limited", "false");
        for (int i = 0; i < 5_000; i++) {
            assertThat(rate.take(Kind.LOGIN, address("9.9.9.9"))).isNull();
        }
        assertThat(rate.remembered()).isZero();
    }

    @Test
    void aHundredThousandAddressesAreNoMoreThanAreToBeRemembered() {
        AddressRate rate = rate("remembered", "1000");
        for (int i = 0; i < 100_000; i++) {
            rate.take(Kind.REQUEST, address("10." + i / 65_536 + "." + i / 256 % 256 + "." + i % 256));
        }
        assertThat(rate.remembered()).isBetween(1L, 1_000L);
    }
}
