package flashsale.stock;

import java.util.ArrayList;
import java.util.List;

/**
 * Where a sale's stock stands in Redis, read in one moment.
 *
 * @param open whether Redis lets buyers hold units
 * @param damaged whether something a purchase needs is missing or of another type: it never opens as it is
 * @param version bumped by release, restock, reseed; {@code seq} by each hold
 * @param journalLength holds without an order
 * @param ledger the last entry of the stock ledger that is contained in {@code available}
 * @param journal those holds; empty when there are more than were asked for, without those nobody can read
 */
public record Position(
        long epoch,
        boolean open,
        boolean damaged,
        long available,
        long version,
        long seq,
        int journalLength,
        long ledger,
        List<Hold> journal) {

    /** Whether no unit moved between the two readings, other than from the journal into an order. */
    public boolean sameStockAs(Position other) {
        return epoch == other.epoch
                && version == other.version
                && seq == other.seq
                && ledger == other.ledger
                && available == other.available;
    }

    static Position of(long saleId, List<Object> reply) {
        List<Hold> journal = new ArrayList<>();
        for (int at = 7; at < reply.size(); at += 2) {
            Hold.read(saleId, (String) reply.get(at), (String) reply.get(at + 1))
                    .ifPresent(journal::add);
        }
        return new Position(
                (Long) reply.get(0),
                "open".equals(reply.get(1)),
                "damaged".equals(reply.get(1)),
                (Long) reply.get(2),
                (Long) reply.get(3),
                (Long) reply.get(4),
                ((Long) reply.get(5)).intValue(),
                (Long) reply.get(6),
                List.copyOf(journal));
    }
}
