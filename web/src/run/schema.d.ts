/** What goes in and out of the server's API, made by `npm run types:api`; do not edit.
 *
 * sha256 of its description: bdfee69fe28cb59251cf12e1e7f8fa88b90fbc9df9f331cdaf4a41f46d95acf6
 */

export interface components {
    schemas: {
        /**
         * AllEventsQuery
         * @description Of which run, and where to go on.
         */
        AllEventsQuery: {
            /**
             * After
             * @description Number of the last event that is known; -1: only what is new.
             * @default 0
             */
            after: number;
            /**
             * Client
             * @description Only runs of this client.
             * @default null
             */
            client: string | null;
            /**
             * Previews
             * @description Whether pictures of steps are wanted.
             * @default true
             */
            previews: boolean;
            /**
             * Run
             * @description One run; by default all.
             * @default
             */
            run: string;
        };
        /**
         * Axis
         * @description An input in which the runs differ: its public name or "node.input", and its values in order.
         */
        Axis: {
            /** Place */
            place: string;
            /** Values */
            values: unknown[];
        } & {
            [key: string]: unknown;
        };
        /**
         * BringBack
         * @description Under which name; by default its own.
         */
        BringBack: {
            /**
             * Name
             * @default
             */
            name: string;
        };
        /**
         * Catalogue
         * @description Every node type, by category and id.
         */
        Catalogue: {
            /** Nodes */
            nodes: components["schemas"]["NodeType"][];
        } & {
            [key: string]: unknown;
        };
        /**
         * Cell
         * @description One run of the group, and its value on each axis by place.
         */
        Cell: {
            run: components["schemas"]["RunAnswer"];
            /** Values */
            values: {
                [key: string]: unknown;
            };
        } & {
            [key: string]: unknown;
        };
        /**
         * ChangeItem
         * @description One thing that differs. node: its id, empty for what is not a node's; null: it is not there.
         */
        ChangeItem: {
            /** After */
            after: unknown;
            /** Before */
            before: unknown;
            /** Name */
            name: string;
            /** Node */
            node: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * Check
         * @description A workflow to be looked at.
         */
        Check: {
            /**
             * Inputs
             * @description Values by public name.
             * @default {}
             */
            inputs: {
                [key: string]: unknown;
            };
            /**
             * Targets
             * @description Nodes to run to, instead of the output nodes.
             * @default null
             */
            targets: string[] | null;
            /**
             * Workflow
             * @description A workflow document, or the name of one on the server.
             */
            workflow: Record<string, never> | string;
        };
        /**
         * Checked
         * @description Every problem of a document; none is a promise that it can run.
         */
        Checked: {
            /** Ok */
            ok: boolean;
            /** Problems */
            problems: components["schemas"]["ProblemItem"][];
        } & {
            [key: string]: unknown;
        };
        /**
         * ClientQuery
         * @description Who changes it.
         */
        ClientQuery: {
            /**
             * Client
             * @description Id of the client, for the history and for its draft.
             * @default
             */
            client: string;
        };
        /**
         * DifferenceAnswer
         * @description What has to change in `before` to get `after`, in the order of the ids.
         *
         *     values: literals and what else a node says of itself; links: where inputs come from; other: what is no node's;
         *     layout: ids of what was moved, came or went there. same: there is no difference at all. text: the same in words.
         */
        DifferenceAnswer: {
            /** Layout */
            layout: string[];
            /** Links */
            links: components["schemas"]["ChangeItem"][];
            nodes: components["schemas"]["NodesItem"];
            /** Other */
            other: components["schemas"]["ChangeItem"][];
            /** Same */
            same: boolean;
            /** Text */
            text: string;
            /** Values */
            values: components["schemas"]["ChangeItem"][];
        } & {
            [key: string]: unknown;
        };
        /**
         * Discarded
         * @description How many drafts there were.
         */
        Discarded: {
            /** Discarded */
            discarded: number;
        } & {
            [key: string]: unknown;
        };
        /**
         * DraftAnswer
         * @description Unsaved work of one client: `operations` are to be applied to `draft`, or where it is null to revision `base`.
         */
        DraftAnswer: {
            /** At */
            at: string;
            /** Base */
            base: number;
            /** Client */
            client: string;
            /** Draft */
            draft: {
                [key: string]: unknown;
            } | null;
            /** Name */
            name: string;
            /** Operations */
            operations: unknown[];
            /** Seq */
            seq: number;
        } & {
            [key: string]: unknown;
        };
        /**
         * Drafts
         * @description Unsaved work on a workflow, the newest first.
         */
        Drafts: {
            /** Drafts */
            drafts: components["schemas"]["DraftAnswer"][];
        } & {
            [key: string]: unknown;
        };
        /**
         * Edited
         * @description The document after the change. nodes: the ids of the nodes that are new on the sheet, in order.
         */
        Edited: {
            /** Nodes */
            nodes: string[];
            /** Workflow */
            workflow: {
                [key: string]: unknown;
            };
        } & {
            [key: string]: unknown;
        };
        /**
         * Event
         * @description One event. seq: its number in the run; n: over all runs; at: seconds since the attempt began.
         */
        Event: {
            /** At */
            at: number;
            /** Attempt */
            attempt: number;
            /** Event */
            event: string;
            /** N */
            n: number;
            /** Run */
            run: string;
            /** Seq */
            seq: number;
        } & {
            [key: string]: unknown;
        };
        /**
         * EventsQuery
         * @description Where to go on.
         */
        EventsQuery: {
            /**
             * After
             * @description Number of the last event that is known; -1: only what is new.
             * @default 0
             */
            after: number;
            /**
             * Previews
             * @description Whether pictures of steps are wanted.
             * @default true
             */
            previews: boolean;
        };
        /**
         * File
         * @description A file that a run made. kept: saved by the workflow, not only shown. url: where its content is.
         */
        File: {
            /** Bytes */
            bytes: number;
            /** Digest */
            digest: string;
            /** Kept */
            kept: boolean;
            /** Media Type */
            media_type: string;
            /** Name */
            name: string;
            /** Node */
            node: string;
            /** Url */
            url: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * FileQuery
         * @description Whether the record of a run goes with it.
         */
        FileQuery: {
            /**
             * Run
             * @description A run that made it: a PNG then carries that run's record.
             * @default
             */
            run: string;
        };
        /**
         * Freed
         * @description Bytes of models that were let go of.
         */
        Freed: {
            /** Freed */
            freed: number;
        } & {
            [key: string]: unknown;
        };
        /**
         * FrontQuery
         * @description token: as in the link that `calotype serve` prints; it becomes a cookie. The rest is for the page itself.
         */
        FrontQuery: {
            /**
             * Lang
             * @description The language of the page.
             * @default
             */
            lang: string;
            /**
             * Token
             * @default
             */
            token: string;
            /**
             * Workflow
             * @description The name of the workflow that is opened.
             * @default
             */
            workflow: string;
        };
        /**
         * Group
         * @description Runs that were sent together, in that order. axes: from the outermost loop to the fastest.
         */
        Group: {
            /** Axes */
            axes: components["schemas"]["Axis"][];
            /** Cells */
            cells: components["schemas"]["Cell"][];
            /** Columns */
            columns: number;
            /** Group */
            group: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * Grouping
         * @description Nodes that are to become one.
         */
        Grouping: {
            /**
             * Name
             * @description The name of the new subgraph: letters, digits, _ and -.
             */
            name: string;
            /**
             * Nodes
             * @description The ids of the nodes.
             */
            nodes: string[];
            /**
             * Within
             * @description The subgraph on whose sheet that happens; without it that of the workflow itself.
             * @default null
             */
            within: string | null;
            /**
             * Workflow
             * @description A workflow document, or the name of one on the server.
             */
            workflow: Record<string, never> | string;
        };
        /**
         * Health
         * @description status: "ok".
         */
        Health: {
            /** Status */
            status: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * HeldModel
         * @description A model that a worker holds. how: resident on the device, streamed through it, ...; device_bytes: on it; seconds:
         *     that loading took; idle: seconds since it was used.
         */
        HeldModel: {
            /**
             * Bytes
             * @default 0
             */
            bytes: number;
            /**
             * Device Bytes
             * @default 0
             */
            device_bytes: number;
            /**
             * Family
             * @default
             */
            family: string;
            /**
             * How
             * @default in main memory
             */
            how: string;
            /**
             * Idle
             * @default 0
             */
            idle: number;
            /** Name */
            name: string;
            /**
             * Part
             * @default
             */
            part: string;
            /**
             * Seconds
             * @default 0
             */
            seconds: number;
            /**
             * Users
             * @default 0
             */
            users: number;
            /** Worker */
            worker: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * ImportQuery
         * @description name: of the file, for messages and for a document without a name.
         */
        ImportQuery: {
            /**
             * Name
             * @default import
             */
            name: string;
        };
        /**
         * Imported
         * @description A document, and for a file of another program the report of what became of it.
         */
        Imported: {
            /** Report */
            report: {
                [key: string]: unknown;
            } | null;
            /** Workflow */
            workflow: {
                [key: string]: unknown;
            };
        } & {
            [key: string]: unknown;
        };
        /**
         * Input
         * @description A file that workflows can name as a picture.
         */
        Input: {
            /** Bytes */
            bytes: number;
            /** File */
            file: string;
            /** Media Type */
            media_type: string;
            /** Url */
            url: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * Inputs
         * @description The pictures that workflows can name.
         */
        Inputs: {
            /** Inputs */
            inputs: components["schemas"]["Input"][];
        } & {
            [key: string]: unknown;
        };
        /**
         * Interface
         * @description What a workflow takes and gives. schema: of the body of its own endpoint, as JSON Schema.
         */
        Interface: {
            /** Inputs */
            inputs: {
                [key: string]: unknown;
            }[];
            /** Name */
            name: string;
            /** Outputs */
            outputs: {
                [key: string]: unknown;
            }[];
        } & {
            [key: string]: unknown;
        };
        /**
         * ModelAnswer
         * @description A weights file. family: from its header; hash: of its content, empty as long as nobody asked; error: why it
         *     cannot be used; resident: the workers that hold it.
         */
        ModelAnswer: {
            /** Bytes */
            bytes: number;
            /** Error */
            error: string;
            /** Family */
            family: string;
            /** File */
            file: string;
            /** Folder */
            folder: string;
            /** Hash */
            hash: string;
            /** Resident */
            resident: string[];
        } & {
            [key: string]: unknown;
        };
        /**
         * Models
         * @description The weights files.
         */
        Models: {
            /** Models */
            models: components["schemas"]["ModelAnswer"][];
        } & {
            [key: string]: unknown;
        };
        /**
         * ModelsQuery
         * @description Which, and how much is wanted to be known.
         */
        ModelsQuery: {
            /**
             * Folder
             * @description One of checkpoints, controlnet, loras, vae, unet, clip, embeddings, upscale_models, clip_vision, style_models; by default all.
             * @default
             */
            folder: string;
            /**
             * Hashes
             * @description Compute hashes that are not known; large files take their time.
             * @default false
             */
            hashes: boolean;
        };
        /**
         * Move
         * @description Where to: before another waiting run, first, or last. Exactly one of them.
         */
        Move: {
            /**
             * Before
             * @default null
             */
            before: string | null;
            /**
             * First
             * @default false
             */
            first: boolean;
            /**
             * Last
             * @default false
             */
            last: boolean;
        };
        /**
         * NewName
         * @description A name.
         */
        NewName: {
            /** Name */
            name: string;
        };
        /**
         * NoQuery
         * @description No parameters.
         */
        NoQuery: Record<string, never>;
        /**
         * NodeType
         * @description A node type: what `calotype nodes TYPE --json` prints.
         */
        NodeType: {
            /** Category */
            category: string;
            /** Doc */
            doc: string;
            /** Id */
            id: string;
            /** Inputs */
            inputs: {
                [key: string]: unknown;
            }[];
            /** Outputs */
            outputs: {
                [key: string]: unknown;
            }[];
            /** Version */
            version: number;
        } & {
            [key: string]: unknown;
        };
        /**
         * NodesItem
         * @description Nodes that came, went, or changed their type: id to type.
         */
        NodesItem: {
            /** Added */
            added: {
                [key: string]: string;
            };
            /** Removed */
            removed: {
                [key: string]: string;
            };
        } & {
            [key: string]: unknown;
        };
        /**
         * Nothing
         * @description An empty body: nothing, or {}.
         */
        Nothing: Record<string, never>;
        /**
         * Pair
         * @description Two workflows.
         */
        Pair: {
            /**
             * After
             * @description Another one.
             */
            after: Record<string, never> | string;
            /**
             * Before
             * @description A workflow document, or the name of one on the server.
             */
            before: Record<string, never> | string;
        };
        /**
         * PlanEntry
         * @description What would become of one node. status: hit, run, later (if a lazy choice needs it), idle (not needed).
         */
        PlanEntry: {
            /** Key */
            key: string;
            /** Node */
            node: string;
            /**
             * Reason
             * @default
             */
            reason: string;
            /** Status */
            status: string;
            /** Type */
            type: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * Planned
         * @description What a run would do, in order.
         */
        Planned: {
            /** Entries */
            entries: components["schemas"]["PlanEntry"][];
            /** Targets */
            targets: string[];
        } & {
            [key: string]: unknown;
        };
        /**
         * PluginAnswer
         * @description A plugin. status: ok, broken, disabled; error: what is wrong with it; nodes: the types that it brings.
         *
         *     widgets: the custom elements that it brings for the editor.
         */
        PluginAnswer: {
            /** Error */
            error: string;
            /** Name */
            name: string;
            /** Nodes */
            nodes: string[];
            /** Origin */
            origin: string;
            /** Path */
            path: string;
            /** Requires */
            requires: string[];
            /** Status */
            status: string;
            /** Version */
            version: string;
            /** Widgets */
            widgets: string[];
        } & {
            [key: string]: unknown;
        };
        /**
         * Plugins
         * @description Every plugin that was found.
         */
        Plugins: {
            /** Plugins */
            plugins: components["schemas"]["PluginAnswer"][];
        } & {
            [key: string]: unknown;
        };
        /**
         * Post
         * @description Unsaved work: the whole draft, or operations on what was posted before.
         *
         *     base: the revision that it began from; after: the `seq` of the last answer, so that nothing is missed or doubled.
         */
        Post: {
            /**
             * After
             * @default null
             */
            after: number | null;
            /**
             * Base
             * @default 0
             */
            base: number;
            /** Client */
            client: string;
            /**
             * Draft
             * @default null
             */
            draft: {
                [key: string]: unknown;
            } | null;
            /**
             * Operations
             * @default null
             */
            operations: unknown[] | null;
        };
        /**
         * Posted
         * @description seq: number of the last entry; everything up to it is on disk.
         */
        Posted: {
            /** Seq */
            seq: number;
        } & {
            [key: string]: unknown;
        };
        /**
         * Priority
         * @description Higher goes first.
         */
        Priority: {
            /** Priority */
            priority: number;
        };
        /**
         * ProblemDetails
         * @description An error, as problem details (RFC 9457).
         */
        ProblemDetails: {
            /** Code */
            code: string;
            /** Detail */
            detail: string;
            /**
             * Pointer
             * @default null
             */
            pointer: string | null;
            /**
             * Problems
             * @default []
             */
            problems: components["schemas"]["ProblemItem"][];
            /** Status */
            status: number;
            /**
             * Suggestion
             * @default null
             */
            suggestion: string | null;
            /** Title */
            title: string;
            /**
             * Type
             * @default about:blank
             */
            type: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * ProblemItem
         * @description One thing that is wrong: what, where, what to do.
         */
        ProblemItem: {
            /** Code */
            code: string;
            /**
             * Expected
             * @default null
             */
            expected: string | null;
            /**
             * Hint
             * @default null
             */
            hint: string | null;
            /**
             * Input
             * @default null
             */
            input: string | null;
            /** Message */
            message: string;
            /**
             * Node
             * @default null
             */
            node: string | null;
            /**
             * Pointer
             * @description JSON pointer of the offending part of the body.
             * @default null
             */
            pointer: string | null;
            /**
             * Suggestion
             * @description A value that would be accepted.
             * @default null
             */
            suggestion: string | null;
            /**
             * Text
             * @description The whole sentence, with the place and what to do.
             */
            text: string;
            /**
             * Value
             * @default null
             */
            value: unknown;
        } & {
            [key: string]: unknown;
        };
        /**
         * Queue
         * @description paused: nothing new is begun. counts: runs by state. waiting: the first of them, in order. newest: the number `n`
         *     of the newest event when this was read: who goes on from there with /v1/events misses nothing.
         */
        Queue: {
            /** Counts */
            counts: {
                [key: string]: number;
            };
            /** Newest */
            newest: number;
            /** Paused */
            paused: boolean;
            /** Running */
            running: components["schemas"]["RunAnswer"][];
            /** Waiting */
            waiting: components["schemas"]["RunAnswer"][];
        } & {
            [key: string]: unknown;
        };
        /**
         * ReadQuery
         * @description Which revision, and whether also a text that is no workflow is wanted.
         */
        ReadQuery: {
            /**
             * Raw
             * @description The file's bytes, also where they cannot be read as a workflow.
             * @default false
             */
            raw: boolean;
            /**
             * Revision
             * @description By default the newest.
             * @default null
             */
            revision: number | null;
        };
        /**
         * Residents
         * @description What is loaded.
         */
        Residents: {
            /** Models */
            models: components["schemas"]["HeldModel"][];
        } & {
            [key: string]: unknown;
        };
        /**
         * Restore
         * @description Which revision becomes the newest one again.
         */
        Restore: {
            /** Revision */
            revision: number;
        };
        /**
         * Results
         * @description What a run made so far. complete: nothing more will come.
         */
        Results: {
            /** Complete */
            complete: boolean;
            /** Files */
            files: components["schemas"]["File"][];
            /** Id */
            id: string;
            /**
             * State
             * @enum {string}
             */
            state: "queued" | "running" | "succeeded" | "failed" | "cancelled" | "quarantined";
        } & {
            [key: string]: unknown;
        };
        /**
         * RevisionAnswer
         * @description A kept version. kind: saved, restored, by hand, template.
         */
        RevisionAnswer: {
            /** At */
            at: string;
            /** Author */
            author: string;
            /** Bytes */
            bytes: number;
            /** Digest */
            digest: string;
            /** Etag */
            etag: string;
            /** Kind */
            kind: string;
            /** Number */
            number: number;
        } & {
            [key: string]: unknown;
        };
        /**
         * RunAnswer
         * @description A run as it stands now. place: 1-based position in the queue. last_seq: number of its newest event.
         */
        RunAnswer: {
            /** Attempts */
            attempts: number;
            /** Cancelling */
            cancelling: boolean;
            /** Client */
            client: string;
            /** Created */
            created: string;
            /** Ended */
            ended: string | null;
            /** Error */
            error: {
                [key: string]: unknown;
            } | null;
            /** Files */
            files: components["schemas"]["File"][];
            /** Group */
            group: string;
            /** Id */
            id: string;
            /** Last Seq */
            last_seq: number;
            /** Name */
            name: string;
            /** Place */
            place: number | null;
            /** Priority */
            priority: number;
            /** Seconds */
            seconds: number | null;
            /** Started */
            started: string | null;
            /**
             * State
             * @enum {string}
             */
            state: "queued" | "running" | "succeeded" | "failed" | "cancelled" | "quarantined";
        } & {
            [key: string]: unknown;
        };
        /**
         * RunList
         * @description Some of the runs. next: the cursor of the following page, empty at the end.
         */
        RunList: {
            /** Next */
            next: string;
            /** Runs */
            runs: components["schemas"]["RunAnswer"][];
        } & {
            [key: string]: unknown;
        };
        /**
         * RunQuery
         * @description How it is run, and whether to wait.
         */
        RunQuery: {
            /**
             * Client
             * @default
             */
            client: string;
            /**
             * Priority
             * @default 0
             */
            priority: number;
            /**
             * Wait
             * @description Seconds to wait for it to end; then the answer is the picture.
             * @default null
             */
            wait: number | null;
        };
        /**
         * RunsQuery
         * @description Which runs. Everything that is given must hold.
         */
        RunsQuery: {
            /**
             * Client
             * @default null
             */
            client: string | null;
            /**
             * Cursor
             * @description `next` of the page before.
             * @default
             */
            cursor: string;
            /**
             * Group
             * @default
             */
            group: string;
            /**
             * Limit
             * @default 50
             */
            limit: number;
            /**
             * Model
             * @description Hash or name of a model file.
             * @default
             */
            model: string;
            /**
             * Search
             * @description Words of prompts, names, models and node types.
             * @default
             */
            search: string;
            /**
             * Since
             * @description ISO 8601; created at or after.
             * @default
             */
            since: string;
            /**
             * State
             * @description One or several of queued, running, succeeded, failed, cancelled, quarantined, with commas.
             * @default
             */
            state: string;
            /**
             * Type
             * @description A node type.
             * @default
             */
            type: string;
            /**
             * Until
             * @description ISO 8601; created at or before.
             * @default
             */
            until: string;
        };
        /**
         * SaveQuery
         * @description Who saves it, and how its numbers were read.
         */
        SaveQuery: {
            /**
             * Client
             * @description Id of the client, for the history and for its draft.
             * @default
             */
            client: string;
            /**
             * Doubles
             * @description Numbers that differ from the last revision beyond the precision of doubles stay as there.
             * @default false
             */
            doubles: boolean;
        };
        /**
         * SavedAnswer
         * @description The newest revision of a workflow.
         */
        SavedAnswer: {
            /** At */
            at: string;
            /** Author */
            author: string;
            /** Bytes */
            bytes: number;
            /** Digest */
            digest: string;
            /** Etag */
            etag: string;
            /** Kind */
            kind: string;
            /** Name */
            name: string;
            /** Number */
            number: number;
        } & {
            [key: string]: unknown;
        };
        /**
         * Stored
         * @description A JSON object as it was stored.
         */
        Stored: {
            [key: string]: unknown;
        };
        /**
         * Submit
         * @description One submission: a workflow, by itself or by the name under which the server has it.
         */
        Submit: {
            /**
             * Client
             * @description Who asks, for lists; a label.
             * @default
             */
            client: string;
            /**
             * Count
             * @description That many runs, one seed further each.
             * @default 1
             */
            count: number;
            /**
             * Inputs
             * @description Values by public name; "node.input" names any other input.
             * @default {}
             */
            inputs: {
                [key: string]: unknown;
            };
            /**
             * Name
             * @default
             */
            name: string;
            /**
             * Priority
             * @description Higher goes first.
             * @default 0
             */
            priority: number;
            /**
             * Sweep
             * @description Several values by public name: a run for each combination.
             * @default {}
             */
            sweep: {
                [key: string]: unknown[];
            };
            /**
             * Targets
             * @description Nodes to run to, instead of the output nodes.
             * @default null
             */
            targets: string[] | null;
            /**
             * Workflow
             * @description A workflow document, or the name of one on the server.
             */
            workflow: Record<string, never> | string;
        };
        /**
         * SubmitBody
         * @description One workflow, or under `runs` several submissions that are accepted together or not at all.
         */
        SubmitBody: {
            /**
             * Client
             * @description Who asks, for lists; a label.
             * @default
             */
            client: string;
            /**
             * Count
             * @description That many runs, one seed further each.
             * @default 1
             */
            count: number;
            /**
             * Inputs
             * @description Values by public name; "node.input" names any other input.
             * @default {}
             */
            inputs: {
                [key: string]: unknown;
            };
            /**
             * Name
             * @default
             */
            name: string;
            /**
             * Priority
             * @description Higher goes first.
             * @default 0
             */
            priority: number;
            /**
             * Runs
             * @description Instead of everything else: submissions like this one.
             * @default null
             */
            runs: components["schemas"]["Submit"][] | null;
            /**
             * Sweep
             * @description Several values by public name: a run for each combination.
             * @default {}
             */
            sweep: {
                [key: string]: unknown[];
            };
            /**
             * Targets
             * @description Nodes to run to, instead of the output nodes.
             * @default null
             */
            targets: string[] | null;
            /**
             * Workflow
             * @description A workflow document, or the name of one on the server.
             * @default null
             */
            workflow: Record<string, never> | string;
        };
        /**
         * Submitted
         * @description An accepted run. seeds: every seed of the document as it will run, by "node.input".
         */
        Submitted: {
            /** Attempts */
            attempts: number;
            /** Cancelling */
            cancelling: boolean;
            /** Client */
            client: string;
            /** Created */
            created: string;
            /** Ended */
            ended: string | null;
            /** Error */
            error: {
                [key: string]: unknown;
            } | null;
            /** Files */
            files: components["schemas"]["File"][];
            /** Group */
            group: string;
            /** Id */
            id: string;
            /** Last Seq */
            last_seq: number;
            /** Name */
            name: string;
            /** Place */
            place: number | null;
            /** Priority */
            priority: number;
            /** Seconds */
            seconds: number | null;
            /** Seeds */
            seeds: {
                [key: string]: number;
            };
            /** Started */
            started: string | null;
            /**
             * State
             * @enum {string}
             */
            state: "queued" | "running" | "succeeded" | "failed" | "cancelled" | "quarantined";
        } & {
            [key: string]: unknown;
        };
        /**
         * System
         * @description The server. runtime: what of the machine changes numbers. memory: bytes of the server process. limits: see
         *     `calotype serve --limit`.
         */
        System: {
            /** Limits */
            limits: {
                [key: string]: number;
            };
            /** Memory */
            memory: number;
            /** Pid */
            pid: number;
            /** Readers */
            readers: number;
            /** Ready */
            ready: boolean;
            /** Runtime */
            runtime: {
                [key: string]: unknown;
            };
            /** Uptime */
            uptime: number;
            /** Version */
            version: string;
            /** Waiting */
            waiting: string;
            /** Workers */
            workers: components["schemas"]["Worker"][];
        } & {
            [key: string]: unknown;
        };
        /**
         * Trash
         * @description What lies in the trash, the newest first.
         */
        Trash: {
            /** Trash */
            trash: components["schemas"]["TrashedAnswer"][];
        } & {
            [key: string]: unknown;
        };
        /**
         * TrashedAnswer
         * @description A workflow in the trash.
         */
        TrashedAnswer: {
            /** At */
            at: string;
            /** Id */
            id: number;
            /** Name */
            name: string;
            /** Revision */
            revision: number;
        } & {
            [key: string]: unknown;
        };
        /**
         * Ungrouping
         * @description An instance of a subgraph that is to be replaced by its nodes.
         */
        Ungrouping: {
            /**
             * Instance
             * @description The id of the instance.
             */
            instance: string;
            /**
             * Within
             * @description The subgraph on whose sheet that happens; without it that of the workflow itself.
             * @default null
             */
            within: string | null;
            /**
             * Workflow
             * @description A workflow document, or the name of one on the server.
             */
            workflow: Record<string, never> | string;
        };
        /**
         * UploadAnswer
         * @description A picture that was taken in: `{"file": FILE}` names it in a workflow.
         *
         *     folder: "input". workflow: the file that was sent carries text that may be a workflow; it is not kept, send the file
         *     to `/v1/import` for it. new: it was not there before.
         */
        UploadAnswer: {
            /** Alpha */
            alpha: boolean;
            /** Bytes */
            bytes: number;
            /** File */
            file: string;
            /** Folder */
            folder: string;
            /** Frames */
            frames: number;
            /** Hash */
            hash: string;
            /** Height */
            height: number;
            /** New */
            new: boolean;
            /** Width */
            width: number;
            /** Workflow */
            workflow: boolean;
        } & {
            [key: string]: unknown;
        };
        /**
         * UploadQuery
         * @description What the sender calls it; a name of a part in a form goes before.
         */
        UploadQuery: {
            /**
             * Name
             * @default
             */
            name: string;
        };
        /**
         * Values
         * @description A value for each public input that is to differ from the file; see `/v1/workflows/NAME/interface`.
         */
        Values: {
            [key: string]: unknown;
        };
        /**
         * Versions
         * @description The revisions, the newest first.
         */
        Versions: {
            /** Versions */
            versions: components["schemas"]["RevisionAnswer"][];
        } & {
            [key: string]: unknown;
        };
        /**
         * Worker
         * @description A process that computes. state: starting, idle, busy, dead. resident: the models that it holds.
         */
        Worker: {
            /** Device */
            device: string;
            /** Id */
            id: string;
            /** Pid */
            pid: number | null;
            /** Resident */
            resident: string[];
            /** Restarts */
            restarts: number;
            /** Rss */
            rss: number;
            /** Run */
            run: string | null;
            /** State */
            state: string;
            /** Vram */
            vram: number;
        } & {
            [key: string]: unknown;
        };
        /**
         * Workflow
         * @description A workflow document: the file as it is.
         */
        Workflow: {
            [key: string]: unknown;
        };
        /**
         * WorkflowEntry
         * @description A workflow in the list. title, description, inputs: as the document says. wrong: why it cannot be read.
         *     drafts: of how many clients there is unsaved work. template: it ships with the program and cannot be changed.
         */
        WorkflowEntry: {
            /** Author */
            author: string;
            /** Description */
            description: string;
            /** Drafts */
            drafts: number;
            /** Etag */
            etag: string;
            /** Inputs */
            inputs: {
                [key: string]: string;
            };
            /** Name */
            name: string;
            /** Nodes */
            nodes: number;
            /** Revision */
            revision: number;
            /** Template */
            template: boolean;
            /** Title */
            title: string;
            /** Updated */
            updated: string;
            /** Wrong */
            wrong: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * WorkflowList
         * @description Every workflow. unsaved: names under which there is work that was never saved.
         */
        WorkflowList: {
            /** Unsaved */
            unsaved: string[];
            /** Workflows */
            workflows: components["schemas"]["WorkflowEntry"][];
        } & {
            [key: string]: unknown;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
