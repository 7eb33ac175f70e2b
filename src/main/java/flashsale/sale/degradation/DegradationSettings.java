package flashsale.sale.degradation;

import jakarta.validation.constraints.AssertTrue;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * The check of each node, and when one or many that fail it degrade the service.
 *
 * @param node this node's name in reports; each node needs its own, and should keep it over a restart. Unless set, the
 *     machine's name and the port
 * @param checkEvery how often a node checks itself
 * @param retryEvery how often while it fails, or a rule is in force
 * @param followEvery how often a node looks what was agreed on: the longest it can miss a change
 * @param patience how long one question to a store may take
 * @param silentChecks a node that has not reported for so many checks is no longer counted
 * @param versionsBehind how far the version of any sale may be behind
 * @param hitRate the least part of the reads answered by a page within its time to live
 * @param snapshotHitRate below it, reads are answered by the local snapshot and nothing is asked for
 * @param leastReads with fewer reads since the last check their rate says nothing
 * @param pageTtl a page that was read longer ago is shown with its age; several times {@code flash-sale.sale.refresh-every}
 * @param ttlSkew a node whose pages are older than their time to live by more than this sells nothing
 * @param snapshots pages in the local snapshot; the least used go
 * @param failedChecks so many in a row, and the node is sick
 * @param goodChecks so many in a row, and it is well again
 * @param sickShare the part of the nodes that, sick, makes it L2
 * @param leastSick and no fewer than so many: one of three is L1, whatever its share
 * @param driftFor a node that is behind for longer makes it L3
 * @param confirmWithin how long a confirmation waits for all nodes to have read anew
 */
@Validated
@ConfigurationProperties("flash-sale.degradation")
record DegradationSettings(
        @Nullable String node,
        @NotNull @DefaultValue("30s") Duration checkEvery,
        @NotNull @DefaultValue("5s") Duration retryEvery,
        @NotNull @DefaultValue("1s") Duration followEvery,
        @NotNull @DefaultValue("2s") Duration patience,
        @DefaultValue("3") @Min(1) int silentChecks,
        @DefaultValue("1") @Min(0) int versionsBehind,

        @DefaultValue("0.85") @DecimalMin("0") @DecimalMax("1")
        double hitRate,

        @DefaultValue("0.70") @DecimalMin("0") @DecimalMax("1")
        double snapshotHitRate,

        @DefaultValue("100") @Min(1) int leastReads,
        @NotNull @DefaultValue("5s") Duration pageTtl,
        @NotNull @DefaultValue("60s") Duration ttlSkew,
        @DefaultValue("5000") @Min(1) int snapshots,
        @DefaultValue("2") @Min(1) int failedChecks,
        @DefaultValue("3") @Min(1) int goodChecks,

        @DefaultValue("0.30") @DecimalMin("0") @DecimalMax("1")
        double sickShare,

        @DefaultValue("2") @Min(1) int leastSick,
        @NotNull @DefaultValue("5m") Duration driftFor,
        @NotNull @DefaultValue("10s") Duration confirmWithin) {

    @AssertTrue(message = "durations must be positive, and retry-every no longer than check-every")
    boolean isPossible() {
        return checkEvery.isPositive()
                && retryEvery.isPositive()
                && followEvery.isPositive()
                && patience.isPositive()
                && pageTtl.isPositive()
                && confirmWithin.isPositive()
                && !ttlSkew.isNegative()
                && !driftFor.isNegative()
                && retryEvery.compareTo(checkEvery) <= 0;
    }

    /** A node that has been silent for longer is gone. */
    Duration silence() {
        return checkEvery.multipliedBy(silentChecks).plus(patience);
    }
}
