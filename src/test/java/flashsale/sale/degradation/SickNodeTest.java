package flashsale.sale.degradation;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.sale.degradation.Degradation.Confirmation;
import flashsale.sale.degradation.Degradation.Confirmation.Confirmed;
import flashsale.sale.degradation.Degradation.Confirmation.NotYet;
import flashsale.servers.FaultProxy;
import flashsale.servers.Servers;
import flashsale.shop.Eventually;
import flashsale.shop.Shop;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two nodes on the same stores, one of which loses its way to PostgreSQL and so falls behind. */
class SickNodeTest {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final Servers servers = Servers.fresh();
    private final FaultProxy postgres = FaultProxy.inFrontOf(servers.postgres());
    private final Shop well = node("well", Map.of());
    private final Shop sick = node(
            "sick",
            Map.of("spring.r2dbc.url", postgres.through(servers.database().r2dbcUrl())));

    private Shop node(String name, Map<String, String> more) {
        Map<String, String> properties = new HashMap<>(Map.of(
                "flash-sale.degradation.node", name,
                "flash-sale.degradation.check-every", "500ms",
                "flash-sale.degradation.retry-every", "300ms",
                "flash-sale.degradation.follow-every", "100ms",
                "flash-sale.degradation.patience", "1s",
                "flash-sale.degradation.silent-checks", "60",
                "flash-sale.degradation.drift-for", "15s",
                "flash-sale.degradation.confirm-within", "5s"));
        properties.putAll(more);
        return Shop.start(servers, properties);
    }

    @AfterEach
    void close() {
        postgres.heal();
        sick.close();
        well.close();
        postgres.close();
        servers.redis().close();
    }

    private static Degradation.Report report(Shop node) {
        return Objects.requireNonNull(node.bean(Degradation.class).report().block(Shop.PATIENCE));
    }

    private static Confirmation confirm(Shop node) {
        return Objects.requireNonNull(node.bean(Degradation.class).confirm(42).block(PATIENCE));
    }

    private static boolean inService(Shop node) {
        return node.bean(ConsistencyWatch.class).isInService();
    }

    private void await(Level level) {
        Eventually.holds("both nodes know of " + level, PATIENCE, () -> List.of(well, sick).stream()
                .allMatch(node -> node.bean(Levels.class).known().level() == level));
    }

    private long entries(String target) {
        return well.books().number("select count(*) from ops_action where actor is null and target = ?", target);
    }

    @Test
    void itLeavesServiceAloneComesBackByItselfAndWhenItStaysBehindEverythingIsCutUntilConfirmed() {
        long sale = well.open(5, 1);
        sick.awaitSellable(sale);
        Eventually.holds("both report", () -> report(well).nodes().size() == 2);

        postgres.pause();
        change(sale);
        await(Level.L1);
        assertThat(inService(sick)).isFalse();
        assertThat(inService(well)).isTrue();
        assertThat(report(well).nodes())
                .filteredOn(node -> node.name().equals("sick"))
                .singleElement()
                .returns(Level.L1, Degradation.Node::level)
                .returns(2L, Degradation.Node::versionLag)
                .satisfies(node -> assertThat(node.rules()).contains(Rule.VERSION_BEHIND));
        assertThat(well.bean(Degradation.class).purchasesCut()).isNull();

        postgres.heal();
        await(Level.NONE);
        Eventually.holds("it is back", PATIENCE, () -> inService(sick));
        assertThat(entries("level/L1")).isEqualTo(1);
        assertThat(entries("level/NONE")).isEqualTo(1);

        postgres.pause();
        change(sale);
        await(Level.L3);
        assertThat(well.bean(Degradation.class).purchasesCut()).contains("sick behind");
        assertThat(inService(sick)).as("reads go on everywhere").isTrue();
        assertThat(confirm(well)).isInstanceOfSatisfying(NotYet.class, notYet -> {
            assertThat(notYet.nodes()).containsExactly("sick");
            assertThat(notYet.level()).isEqualTo(Level.L3);
        });
        await(Level.L3);

        postgres.heal();
        Eventually.holds("all agree", PATIENCE, () -> confirm(well) instanceof Confirmed);
        Eventually.holds(
                "both sell",
                PATIENCE,
                () -> well.bean(Degradation.class).purchasesCut() == null
                        && sick.bean(Degradation.class).purchasesCut() == null);
        assertThat(entries("level/L3")).isEqualTo(1);
        await(Level.NONE);
    }

    /** By two versions, which one node hears of. */
    private void change(long sale) {
        well.desk().pause(sale).block(Shop.PATIENCE);
        well.desk().resume(sale).block(Shop.PATIENCE);
    }
}
