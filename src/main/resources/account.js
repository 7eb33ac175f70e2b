// Ends a session. A call that changes something by cookie repeats the CSRF token in a header: see docs/decisions.md.
document.addEventListener("click", async (click) => {
  const id = click.target.dataset.session;
  if (!id) {
    return;
  }
  const cookie = document.cookie.split("; ").find((one) => one.startsWith("XSRF-TOKEN="));
  const answer = await fetch("/api/sessions/" + encodeURIComponent(id), {
    method: "DELETE",
    headers: { "X-XSRF-TOKEN": cookie ? cookie.slice("XSRF-TOKEN=".length) : "" },
  });
  if (answer.ok || answer.status === 401 || answer.status === 404) {
    location.reload();
  } else {
    alert((await answer.json()).detail);
  }
});
