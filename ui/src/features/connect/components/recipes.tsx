"use client";

import { useState } from "react";

import { CodeBlock } from "@/components/ui/code-block";
import { Segmented } from "@/components/ui/segmented";

import { listRecipes, type Place } from "../lib/snippets";

/** One way to send spans at a time. */
export function Recipes(place: Place) {
  const recipes = listRecipes(place);
  const [chosen, setChosen] = useState("python");
  const recipe = recipes.find(({ id }) => id === chosen);
  return (
    <>
      <div className="overflow-x-auto">
        <Segmented
          label="Way to send"
          value={chosen}
          options={recipes.map(({ id, label }) => ({ value: id, label, title: `Send spans by ${label}` }))}
          onChange={setChosen}
        />
      </div>
      {recipe?.snippets.map(({ title, code }) => (
        <div key={title} className="flex min-w-0 flex-col gap-1">
          <h4 className="text-xs font-medium">{title}</h4>
          <CodeBlock code={code} what={title} />
        </div>
      ))}
      {recipe?.note ? <p className="text-xs text-muted">{recipe.note}</p> : null}
    </>
  );
}
