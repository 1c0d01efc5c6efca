// platform -- COMMAND...: starts a whole platform of its own, runs COMMAND against it and stops everything. Prints one line of JSON with the
// addresses; COMMAND finds them in EGI_BASE_URL, EGI_SERVER, EGI_DATABASE_URL, EGI_SIMULATORS (where the gateway looks for a simulator host) and
// EGI_CONTROL. EGI_CONTROL is a unix socket that takes one request a connection, "restart PART", "stop PART" (kill -9), "start PART" or "memory PART" with PART
// server, gateway or database, and answers one line: "ok [KiB]" or "error TEXT".
