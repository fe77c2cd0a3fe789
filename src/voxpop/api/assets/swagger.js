"use strict";
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#page",
  deepLinking: true,
  // Otherwise it asks a server of its makers whether the description is valid.
  validatorUrl: null,
});
