package flashsale.order.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.shop.Shop;
import io.lettuce.core.Range;
import io.lettuce.core.StreamMessage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Another system: reads the stream from its beginning and ignores what it has had. */
final class Consumer {

    private final Shop shop;
    private final String stream;

    Consumer(Shop shop, String stream) {
        this.shop = shop;
        this.stream = stream;
    }

    /** Everything in the stream, repeated events too. */
    List<Map<String, String>> events() {
        return shop.redis().xrange(stream, Range.unbounded()).stream()
                .map(StreamMessage::getBody)
                .toList();
    }

    List<Map<String, String>> eventsOf(UUID order) {
        return events().stream()
                .filter(event -> event.get("orderId").equals(order.toString()))
                .toList();
    }

    /**
     * The versions of each order as somebody sees them who takes what is newer than all before; fails when one was
     * skipped, because he would never have it.
     */
    Map<String, Integer> newestVersions() {
        Map<String, Integer> newest = new HashMap<>();
        List<String> skipped = new ArrayList<>();
        for (Map<String, String> event : events()) {
            int version = Integer.parseInt(event.get("stateVersion"));
            int had = newest.getOrDefault(event.get("orderId"), 0);
            if (version > had + 1) {
                skipped.add(event + " came after version " + had);
            }
            newest.put(event.get("orderId"), Math.max(version, had));
        }
        assertThat(skipped).as("versions that came too early").isEmpty();
        return newest;
    }
}
