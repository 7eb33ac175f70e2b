package flashsale.sale;

/**
 * Where a sale's stock in Redis stands after an operation.
 *
 * @param preheated true only when this very call seeded Redis; always false for pause, resume and restock
 */
public record StockPosition(long saleId, long epoch, long available, boolean preheated) {}
