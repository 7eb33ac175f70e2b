package flashsale.faults;

record Sale(String id, int stock, int perUserLimit) {

    long number() {
        return Long.parseLong(id);
    }
}
