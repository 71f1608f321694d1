# SPDX-License-Identifier: GPL-2.0-or-later
# plain.gdb - for a gdb without Python: fewer commands than neurath.py, and symbols of the kernel only.
set confirm off
set pagination off

define ps
  set $leaf = 0
  while $leaf < sizeof(pid_leaves) / sizeof(pid_leaves[0])
    set $slot = 0
    while pid_leaves[$leaf] && $slot < 512
      set $task = pid_leaves[$leaf][$slot]
      if $task
        printf "%5d state %#x cpu %u patch %d %s\n", $task->pid, $task->state, $task->cpu, $task->patch_state, $task->comm
      end
      set $slot = $slot + 1
    end
    set $leaf = $leaf + 1
  end
end
document ps
All tasks.
end

define bt-task
  set $task = pid_leaves[$arg0 / 512][$arg0 % 512]
  set $frame = $task->kernel_sp + 40
  while $frame && !($frame & 1)
    info symbol *(unsigned long *)($frame + 8) - 1
    set $frame = *(unsigned long *)$frame
  end
end
document bt-task
bt-task PID: the stack of a task that is off its CPU.
end

define dmesg
  set $seq = printk_reserved >> 32 > 4096 ? (printk_reserved >> 32) - 4096 : 0
  while $seq < printk_reserved >> 32
    set $at = (unsigned)printk_index[$seq % 4096] % 4096
    set $head = (struct printk_head *)printk_slots[$at]
    printf "[%5lu.%06lu] ", $head->time_ns / 1000000000, $head->time_ns / 1000 % 1000000
    output/s *(char (*)[200])($head + 1)
    printf "\n"
    set $seq = $seq + 1
  end
end
document dmesg
The kernel's log; a record is cut at 200 characters, and may show what is behind it.
end

define patches
  set $node = klp_patches.next
  while $node != &klp_patches
    set $patch = (struct klp_patch *)((char *)$node - (unsigned long)&((struct klp_patch *)0)->list)
    printf "%s: enabled %d\n", $patch->mod->name, $patch->enabled
    set $node = $node->next
  end
end
document patches
Live patches.
end
