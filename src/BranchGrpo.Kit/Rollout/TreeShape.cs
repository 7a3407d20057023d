namespace BranchGrpo.Kit;

/// <summary>Who is whose parent in the forest of a plan, in level order; inside a level by prompt, parent, branch.</summary>
internal sealed record TreeShape(int[] Parent, int[] Depth, int[] Prompt, bool[] IsStochastic, int[] LevelStart)
{
    public static TreeShape Of(RolloutPlan plan, int prompts)
    {
        var start = new int[plan.Depth + 2];
        for (var d = 0; d <= plan.Depth; d++) start[d + 1] = checked(start[d] + prompts * plan.NodesAt(d));
        var count = start[^1];
        var shape = new TreeShape(new int[count], new int[count], new int[count], new bool[count], start);
        for (var d = 0; d <= plan.Depth; d++)
        {
            var (perPrompt, branches, stochastic) = (plan.NodesAt(d), d == 0 ? 1 : plan.Steps[d - 1].Branches, d > 0 && plan.Steps[d - 1].IsStochastic);
            for (var j = 0; j < start[d + 1] - start[d]; j++)
            {
                var i = start[d] + j;
                (shape.Parent[i], shape.Depth[i], shape.Prompt[i]) = (d == 0 ? -1 : start[d - 1] + j / branches, d, j / perPrompt);
                shape.IsStochastic[i] = stochastic;
            }
        }
        return shape;
    }
}
