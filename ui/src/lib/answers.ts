interface Failure {
  status: number;
  code: string;
  message: string;
}

/** An error of the dashboard's own server, in the API's error shape. */
export function fail(status: number, code: string, message: string): Response {
  const requestId = crypto.randomUUID();
  return Response.json(
    { error: { code, message, request_id: requestId } },
    { status, headers: { "cache-control": "no-store", "x-request-id": requestId } },
  );
}

/** Ends the connection too, so that no more of an unread body is sent. */
export function refuse({ status, code, message }: Failure): Response {
  const response = fail(status, code, message);
  response.headers.set("connection", "close");
  return response;
}
