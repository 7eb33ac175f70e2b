/** Tells other systems what becomes of orders; and what was given up, there and elsewhere in an order's life. */
@NullMarked
package flashsale.order.outbox;

import org.jspecify.annotations.NullMarked;
