/** Orders in PostgreSQL: group commit, tombstones, the recovery sweep, and reading them back. */
@NullMarked
package flashsale.order;

import org.jspecify.annotations.NullMarked;
