package flashsale.order.upkeep;

import flashsale.redis.RedisLink;
import flashsale.redis.SaleKeys;
import flashsale.redis.Script;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import reactor.core.publisher.Mono;

/** {@code lua-scripts/stock/ledger.lua}, typed. */
final class LedgerScript {

    /** Read when this is made, at the start: an event loop must not read files. */
    private final Script ledger = Script.named("stock/ledger");

    /** @param userId whose allowance grows again by the quantity; 0: nobody's */
    record Entry(long id, long quantity, long userId) {}

    /** @param through the last entry that Redis has now */
    record Applied(long available, long version, long through) {}

    /** Empty when Redis holds another epoch, and nothing changed. The entries in ascending order, without a gap. */
    Mono<Applied> apply(RedisLink link, long saleId, long epoch, List<Entry> entries) {
        List<String> arguments = new ArrayList<>(3 + 3 * entries.size());
        arguments.add(Long.toString(epoch));
        arguments.add(SaleKeys.CHANGES_CHANNEL);
        arguments.add(Long.toString(saleId));
        for (Entry entry : entries) {
            arguments.add(Long.toString(entry.id()));
            arguments.add(Long.toString(entry.quantity()));
            arguments.add(Long.toString(entry.userId()));
        }
        return link.call(ledger, new String[] {SaleKeys.of(saleId).sale()}, arguments.toArray(String[]::new))
                .map(LedgerScript::applied)
                .flatMap(Mono::justOrEmpty);
    }

    private static Optional<Applied> applied(List<Object> reply) {
        return (Long) reply.getFirst() == 1
                ? Optional.of(new Applied((Long) reply.get(1), (Long) reply.get(2), (Long) reply.get(3)))
                : Optional.empty();
    }
}
