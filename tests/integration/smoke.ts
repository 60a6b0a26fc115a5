// Compiled with the types of the description, strictly; then run: one prediction, health, and a refusal with its field.
import createClient from "openapi-fetch";
import type { paths } from "./schema";

declare const process: { argv: string[]; exitCode: number };

const client = createClient<paths>({ baseUrl: process.argv[2] });
const row = { sepal_length_cm: 5.1, sepal_width_cm: 3.5, petal_length_cm: 1.4, petal_width_cm: 0.2 };
const answer = await client.POST("/predict", { body: row });
const health = await client.GET("/health");
const refused = await client.POST("/predict", { body: { ...row, petal_width_cm: 1e300 } });
if (!answer.data || !health.data?.ok || refused.error?.errors?.[0].field !== "petal_width_cm") {
  console.error(JSON.stringify([answer.error, health.error, refused.error]));
  process.exitCode = 1;
} else {
  console.log(answer.data.model.version, answer.data.label_name);
}
