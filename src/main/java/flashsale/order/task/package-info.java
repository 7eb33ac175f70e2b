/** What has to happen to an order by itself: rows of {@code order_task}, done by any node, each by one at a time. */
@NullMarked
package flashsale.order.task;

import org.jspecify.annotations.NullMarked;
