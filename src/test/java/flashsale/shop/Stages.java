package flashsale.shop;

import flashsale.observability.Stage;
import io.micrometer.core.instrument.MeterRegistry;

/** What the meters say of the places where work can wait. */
public final class Stages {

    private final MeterRegistry registry;

    public Stages(Shop shop) {
        this(shop.bean(MeterRegistry.class));
    }

    public Stages(MeterRegistry registry) {
        this.registry = registry;
    }

    public long depth(Stage stage) {
        return gauge("flashsale.stage.depth", stage);
    }

    public long bound(Stage stage) {
        return gauge("flashsale.stage.bound", stage);
    }

    public long refused(Stage stage) {
        return (long) registry.get("flashsale.stage.refused")
                .tag("stage", stage.tag())
                .functionCounter()
                .count();
    }

    public void awaitDepth(Stage stage, long depth) {
        Eventually.holds("the depth of " + stage + " is " + depth, () -> depth(stage) == depth);
    }

    private long gauge(String name, Stage stage) {
        return (long) registry.get(name).tag("stage", stage.tag()).gauge().value();
    }
}
