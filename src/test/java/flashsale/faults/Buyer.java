package flashsale.faults;

record Buyer(String userId, String token) {

    /** Without the token, which only makes a failure hard to read. */
    @Override
    public String toString() {
        return userId;
    }
}
