package flashsale.sale;

import flashsale.redis.RedisLink;
import flashsale.redis.SaleKeys;
import flashsale.redis.Script;
import flashsale.stock.Settler;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import reactor.core.publisher.Mono;

/** The scripts of {@code lua-scripts/sale}, typed. Every one is idempotent and bound to an epoch. */
final class SaleScripts {

    private static final Script PREHEAT = Script.named("sale/preheat");
    private static final Script SEED = Script.named("sale/seed");
    private static final Script PHASE = Script.named("sale/phase");
    private static final Script PAUSE = Script.named("sale/pause");

    /** Stock after the script; empty when Redis holds another epoch, and nothing changed. */
    record Stock(long available, long version) {
        static Optional<Stock> of(List<Object> reply) {
            return (Long) reply.getFirst() == 1
                    ? Optional.of(new Stock((Long) reply.get(1), (Long) reply.get(2)))
                    : Optional.empty();
        }
    }

    /**
     * @param written whether this very call put the stock in
     * @param epoch the one that stands in Redis afterwards
     */
    record Preheated(boolean written, long epoch) {}

    /** Puts the stock in, closed; never overwrites. */
    Mono<Preheated> preheat(RedisLink link, Epochs.Seed seed) {
        Sale sale = seed.listed().sale();
        SaleKeys keys = SaleKeys.of(sale.id());
        return link.call(
                        PREHEAT,
                        new String[] {keys.sale(), keys.journal(), keys.replays()},
                        Long.toString(seed.listed().epoch()),
                        Long.toString(seed.available()),
                        Long.toString(sale.startsAt().toEpochMilli()),
                        Long.toString(sale.endsAt().toEpochMilli()),
                        Integer.toString(sale.perUserLimit()),
                        sale.paused() ? "1" : "0",
                        Long.toString(seed.ledger()),
                        Long.toString(Settler.REPLAYS_KEPT.toMillis()))
                .map(reply -> new Preheated((Long) reply.getFirst() == 1, (Long) reply.get(1)));
    }

    /** False when the sale is not being seeded in this epoch any more. */
    Mono<Boolean> seed(
            RedisLink link, long saleId, long epoch, List<Epochs.Buyer> buyers, List<Epochs.Replay> replays) {
        List<String> arguments = new ArrayList<>(List.of(
                Long.toString(epoch), Long.toString(Settler.REPLAYS_KEPT.toMillis()), Integer.toString(buyers.size())));
        for (Epochs.Buyer buyer : buyers) {
            arguments.add(Long.toString(buyer.userId()));
            arguments.add(Long.toString(buyer.units()));
        }
        for (Epochs.Replay replay : replays) {
            arguments.add(replay.orderId());
            arguments.add(replay.bodyHash());
        }
        SaleKeys keys = SaleKeys.of(saleId);
        return link.call(SEED, new String[] {keys.sale(), keys.replays()}, arguments.toArray(String[]::new))
                .map(reply -> (Long) reply.getFirst() == 1);
    }

    Mono<Optional<Stock>> enter(RedisLink link, long saleId, long epoch, String from, String to) {
        return link.call(
                        PHASE,
                        new String[] {SaleKeys.of(saleId).sale()},
                        Long.toString(epoch),
                        from,
                        to,
                        SaleKeys.CHANGES_CHANNEL,
                        Long.toString(saleId))
                .map(Stock::of);
    }

    Mono<Optional<Stock>> pause(RedisLink link, long saleId, long epoch, boolean paused) {
        return link.call(
                        PAUSE,
                        new String[] {SaleKeys.of(saleId).sale()},
                        Long.toString(epoch),
                        paused ? "1" : "0",
                        SaleKeys.CHANGES_CHANNEL,
                        Long.toString(saleId))
                .map(Stock::of);
    }
}
