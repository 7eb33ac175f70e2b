package flashsale.admission;

import jakarta.validation.Valid;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Who may try now.
 *
 * @param userPerSecond purchases a user may try each second: the business rule of a flash sale, a person does not tap
 *     faster with a purpose
 * @param userBurst purchases a user may try at once after a pause
 * @param users most users whose rate a node remembers; beyond it the least active start with a full bucket
 * @param gate how much may be under way with the stores at once
 * @param addresses how often one client address may call
 */
@Validated
@ConfigurationProperties("flash-sale.admission")
record AdmissionSettings(
        @DefaultValue("2") @Min(1) long userPerSecond,
        @DefaultValue("5") @Min(1) long userBurst,
        @DefaultValue("500000") @Min(1) long users,
        @Valid @DefaultValue Gate gate,
        @Valid @DefaultValue Addresses addresses) {

    /**
     * @param burst purchases under way at once in calm, and on a node that has sold nothing lately whatever its stores are
     *     like: a third of a second's work for a healthy one (some 6,000 a second), which is how a sale begins
     * @param leastLimit purchases under way that are never too many: with half of them in a commit of 96 and half
     *     gathering for the next, a commit's fixed cost (5 to 10 ms) is a few percent of its time even at 300 orders a
     *     second; and down to 80 a second all of them are decided within a buyer's 2.5 s
     * @param mostLimit purchases under way that are always too many: what the queues behind the gate take
     * @param patience what a purchase may take before there are too many, whatever is usual: a second less than the 2.5 s
     *     after which its buyer is told 202
     * @param calmAfter once nobody has been refused or kept waiting for this long the overload is over, and the next burst
     *     is let in again; as long as the shortest time a refused client is told to stay away
     * @param vital payments, questions for a purchase and ops calls at once: 16 for each of the 16 connections to
     *     PostgreSQL, so that at 60 ms each the last of them still gets a connection within its second
     * @param browse calls without any standing that may always use a store at once: enough that looking around goes on
     */
    record Gate(
            @DefaultValue("1024") @Min(1) int burst,
            @DefaultValue("192") @Min(1) int leastLimit,
            @DefaultValue("4096") @Min(1) int mostLimit,
            @DefaultValue("1500ms") Duration patience,
            @DefaultValue("3s") Duration calmAfter,
            @DefaultValue("256") @Min(1) int vital,
            @DefaultValue("8") @Min(1) int browse) {

        public Gate {
            if (leastLimit > burst || burst > mostLimit) {
                throw new IllegalArgumentException(
                        "flash-sale.admission.gate: least-limit <= burst <= most-limit, or there is no limit to learn");
            }
        }
    }

    /**
     * @param limited whether at all; off in the profile {@code local}, where all load comes from one address
     * @param requests a mobile carrier lets thousands of buyers share an address: two requests from each of 500 at the same
     *     moment, and 500 a second after it, are more than such a crowd taps, and a tenth of what one node answers
     * @param logins a node hashes some 20 passwords a second, of which one address may take half; a crowd behind a carrier
     *     that logs in just before a sale finds the burst
     * @param badTokens a client with a token that has expired shows it once and then logs in, so 500 of them behind one
     *     address are an app's update; 50 a second are 20 ms of CPU with the dearest algorithm
     * @param remembered addresses for each of the three, some 150 bytes each; beyond it the least active are forgotten and
     *     start anew, so whoever has more addresses than that is stopped by the limits that know none
     */
    record Addresses(
            @DefaultValue("true") boolean limited,
            @Valid @Nullable PerSecond requests,
            @Valid @Nullable PerSecond logins,
            @Valid @Nullable PerSecond badTokens,
            @DefaultValue("100000") @Min(1) long remembered) {

        PerSecond of(AddressRate.Kind kind) {
            return switch (kind) {
                case REQUEST -> requests == null ? new PerSecond(500, 1_000) : requests;
                case LOGIN -> logins == null ? new PerSecond(10, 100) : logins;
                case BAD_TOKEN -> badTokens == null ? new PerSecond(50, 500) : badTokens;
            };
        }
    }

    /** @param burst at once after a pause */
    record PerSecond(@Min(1) long perSecond, @Min(1) long burst) {}
}
