/** The catalogue, each node's view of it, warm-up, restock and the audit of a sale. */
@NullMarked
package flashsale.sale;

import org.jspecify.annotations.NullMarked;
