package flashsale.stock;

/**
 * An entry of a sale's journal that this version cannot read: somebody wrote it by hand, or another version of this program
 * did. Whose it is, and how many units it holds, is not known.
 */
public record UnreadableHold(long saleId, String operation, String entry) {}
