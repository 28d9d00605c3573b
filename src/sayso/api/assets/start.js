// Runs the page of /docs. The token stays in the browser's memory unless the page is told to keep it.
window.addEventListener("load", () => {
  SwaggerUIBundle({
    url: "openapi.json",
    dom_id: "#page",
    deepLinking: true,
    tryItOutEnabled: true,
    defaultModelsExpandDepth: -1,
    presets: [SwaggerUIBundle.presets.apis],
    // No request to the validator of the page's makers: nothing leaves this server.
    validatorUrl: null,
  });
});
