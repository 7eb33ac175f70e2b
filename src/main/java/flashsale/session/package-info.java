/** Users, login, JWT and session record written together, and each node's view of who is logged in. */
@NullMarked
package flashsale.session;

import org.jspecify.annotations.NullMarked;
